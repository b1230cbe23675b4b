"""The `digit-ocr` command: thin Typer commands, a file each."""
