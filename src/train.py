"""`python -m src.train`: train SimpleCNN on MNIST, as the original system does."""

from digit_ocr.cli.original import train

if __name__ == "__main__":
    train()
