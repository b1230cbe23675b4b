"""`python -m src.inference.predict_digit`: read data/sample.png with models/best_model.pth."""

from digit_ocr.cli.original import predict_digit

if __name__ == "__main__":
    predict_digit()
