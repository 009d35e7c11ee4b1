"""What the main pages cost, measured against a bare view: `make bench`."""
