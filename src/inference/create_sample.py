"""`python -m src.inference.create_sample`: save a test picture of MNIST as data/sample.png."""

from digit_ocr.cli.original import create_sample

if __name__ == "__main__":
    create_sample()
