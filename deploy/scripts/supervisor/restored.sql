-- After a dump was restored: what named transactions named those of the server that it came of.
TRUNCATE gamification.epochs;
UPDATE gamification.scores SET changed = 0;
