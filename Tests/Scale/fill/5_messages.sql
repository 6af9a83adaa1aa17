-- Conversations of two, some of them long, some read.
SELECT setseed(0.75);
SET search_path = messaging, scale;

CREATE TABLE scale.conversations AS
SELECT DISTINCT ON (user1_id, user2_id) scale.id(drawn.created_at, 'conversation ' || drawn.number) AS id,
  least(first.id, second.id) AS user1_id, greatest(first.id, second.id) AS user2_id,
  drawn.created_at, amount, read
FROM (
  SELECT number, scale.skewed(:users) AS first, scale.skewed(:users) AS second,
    date_trunc('milliseconds', now() - interval '10 days' - random() * interval '900 days')
      AS created_at,
    1 + floor(10 * power(random(), 4))::integer + CASE WHEN number % 1000 = 0 THEN 1000 ELSE 0 END
      AS amount,
    random() AS read
  FROM generate_series(1, :conversations) AS number
) AS drawn
JOIN scale.people AS first ON first.number = drawn.first
JOIN scale.people AS second ON second.number = drawn.second
WHERE drawn.first <> drawn.second;

-- The two take turns: the first one sends the odd numbers.
INSERT INTO conversations (
  id, user1_id, user2_id, user1_sent, user2_sent, user1_read, user2_read, last_message_at,
  created_at)
SELECT id, user1_id, user2_id, (amount + 1) / 2, amount / 2,
  floor(amount / 2 * read), floor((amount + 1) / 2 * read), created_at + amount * interval '1 min',
  created_at
FROM scale.conversations ORDER BY created_at;

INSERT INTO messages (conversation_id, id, number, ordinal, sender_id, content, created_at)
SELECT id, message_id(at, number, md5(id::text || number)::uuid), number, (number + 1) / 2,
  CASE WHEN number % 2 = 1 THEN user1_id ELSE user2_id END, 'message number ' || number, at
FROM scale.conversations CROSS JOIN LATERAL generate_series(1, amount) AS number
CROSS JOIN LATERAL (SELECT created_at + number * interval '1 min' AS at) AS time
ORDER BY at;
