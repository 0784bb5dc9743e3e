"""What templates may say: amounts in words of money, who may open what, the frame of a page."""
