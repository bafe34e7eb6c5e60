"""What the validation page compares: each module returns numbers, figures.py draws them."""
