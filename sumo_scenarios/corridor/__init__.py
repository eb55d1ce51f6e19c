"""The scenario `corridor`: ten signals on a dual carriageway, generated."""
