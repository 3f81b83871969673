"""Model of the hand: joints and bones (:mod:`.skeleton`), angles and limits (:mod:`.anatomy`), skin (:mod:`.rig`)."""
