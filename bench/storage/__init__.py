"""Campaigns against the stores: killed writers, disks that fail, a PostgreSQL of their own."""
