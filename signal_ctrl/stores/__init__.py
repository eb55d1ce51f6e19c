"""What the centre keeps: SQLite and PostgreSQL behind the ports of `signal_ctrl.centre`."""
