"""What technologies cost, who can pay, and what they are worth to operators and to society."""
