"""`python -m app.cli` is `tradepost`."""

from app.cli import main

main()
