"""The thinking: policies as data, one customer's state, and `decide`, pure and without a clock."""
