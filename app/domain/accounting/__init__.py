"""Accounting: the chart, periods, entries, tax, document amounts, payments and open items."""
