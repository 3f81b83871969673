"""What a hand is: joints and bones (:mod:`.skeleton`), limits and angles (:mod:`.anatomy`), surface (:mod:`.rig`)."""
