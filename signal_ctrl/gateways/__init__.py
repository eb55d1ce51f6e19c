"""From and to the files of other tools: text on one side, values on the other. No SUMO."""
