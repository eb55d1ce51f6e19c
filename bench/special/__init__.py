"""What a green corridor ahead of special vehicles brings, and what it costs everybody else."""
