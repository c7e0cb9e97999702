"""Many campaigns that differ in some keys: which are over, what figures they have, a table and a page of them."""
