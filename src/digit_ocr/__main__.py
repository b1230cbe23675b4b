"""`python -m digit_ocr COMMAND` is `digit-ocr COMMAND`."""

from digit_ocr.cli.main import main

if __name__ == "__main__":
    main()
