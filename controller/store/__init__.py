"""What must survive a restart: the ledger of energy, what is to be sent, settings and orders."""
