"""Writers, faults, and the judgement: what was acknowledged is there, once, and adds up."""
