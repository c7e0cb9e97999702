"""Networks that tell real molecules from generated ones."""
