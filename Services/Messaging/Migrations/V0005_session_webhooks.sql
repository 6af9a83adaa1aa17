-- What a delivery tells that is about no notification, as JSON: a completed session. Its
-- `notification_id` is the session's id, and `text` is empty.
ALTER TABLE webhook_deliveries ADD COLUMN data text;

-- Of one that is being sent, until when: nothing else is sent to its webhook meanwhile.
ALTER TABLE webhook_deliveries ADD COLUMN claimed_until timestamptz;
