"""A combined UTDF file of our own making: one crossroads with dual rings, four ends, in feet and mph."""

from collections.abc import Mapping

NETWORK = "[Network]\nNetwork Settings\nRECORDNAME,DATA\nUTDFVERSION,8\nMetric,0\n\n"
NODES = (
    "[Nodes]\nNode Data\nINTID,TYPE,X,Y,Z,DESCRIPTION\n5,0,0,0,0,Main St\n"
    "1,1,0,-1000,0,\n2,1,0,1000,0,\n3,1,-1000,0,0,\n4,1,1000,0,0,\n\n"
)
LINKS = (
    "[Links]\nLink Data\nRECORDNAME,INTID,NB,SB,EB,WB\n"
    "Up ID,5,1,2,3,4\nLanes,5,3,3,2,2\nName,5,Main,Main,Side,Side\n"
    "Distance,5,1000,1000,1000,1000\nSpeed,5,45,45,30,30\nTime,5,15.2,15.2,22.7,22.7\n\n"
)
LANES = (
    "[Lanes]\nLane Group Data\nRECORDNAME,INTID,NBL,NBT,NBR,SBL,SBT,SBR,EBL,EBT,EBR,WBL,WBT,WBR,PED,HOLD\n"
    "Up Node,5,1,1,1,2,2,2,3,3,3,4,4,4,,\nDest Node,5,3,2,4,4,1,3,2,4,1,1,3,2,,\n"
    "Lanes,5,1,2,0,1,2,0,0,2,0,0,2,0,,\nShared,5,0,2,,0,2,,,3,,,3,,,\nWidth,5,12,12,12,12,12,12,12,12,12,12,12,12,,\n"
    "Phase1,5,5,2,2,1,6,6,,4,4,,8,8,,\nPermPhase1,5,2,,,6,,,4,,,8,,,,\nPhase2,5,,,-1,,,,,,,,,,,\n"
    "Volume,5,120,900,80,60,700,50,40,150,30,45,160,35,,\nPHF,5,0.92,0.92,,,,,,,,,,,,\n\n"
)
TIMEPLANS = (
    "[Timeplans]\nTiming Plan Settings\nRECORDNAME,INTID,DATA\n"
    "Control Type,5,0\nCycle Length,5,80\nReferenced To,5,0\nReference Phase,5,206\nOffset,5,10\n\n"
)
PHASES = (
    "[Phases]\nPhasing Data\nRECORDNAME,INTID,D1,D2,D3,D4,D5,D6,D7,D8\nBRP,5,111,112,211,212,121,122,221,222\n"
    "MinGreen,5,5,10,,7,5,10,,7\nMaxGreen,5,10,26,,31,15,21,,29\nYellow,5,3,4,,3.5,3,4,,3.5\nAllRed,5,1,1,,0.5,1,1,,0.5\n"
    "Walk,5,,7,,7,,7,,7\nDontWalk,5,,11,,14,,11,,14\n\n"
)
"""Rings: D1 14 s and D2 31 s beside D5 19 s and D6 26 s, then D4 35 s beside D8 33 s, which waits for the barrier."""


def sample(changes: Mapping[str, str] | None = None, **sections: str) -> str:
    """Return the file with some texts replaced (each has to be there), or whole sections given by name."""
    parts = {
        "network": NETWORK, "nodes": NODES, "links": LINKS, "lanes": LANES, "timeplans": TIMEPLANS, "phases": PHASES,
    } | sections  # fmt: skip
    text = "".join(parts.values())
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    return text
