-- The words' column is new: without knowing how often each occurs, searches get poor plans.
ANALYZE posts;
