"""What data.generate invents: places and people, and a plain plan by which supply is measured."""
