-- What is told to those who follow a room, numbered.
ALTER TABLE rooms ADD COLUMN live_seq bigint NOT NULL DEFAULT 0;

-- Whether participants hold a socket. `status` stays what they chose themselves.
ALTER TABLE room_participants
  -- The gateways on which they do.
  ADD COLUMN links text[] NOT NULL DEFAULT '{}',
  -- When the last one was gone, until that has been noticed.
  ADD COLUMN lost_at timestamptz,
  -- It has been gone for too long: they are shown as idle.
  ADD COLUMN is_lost boolean NOT NULL DEFAULT false;
CREATE INDEX room_participants_lost ON room_participants (lost_at) WHERE lost_at IS NOT NULL;

-- The gateways that hold sockets of rooms. One that is silent is gone, and does not come back.
CREATE TABLE room_gateways (
  id text PRIMARY KEY,
  seen_at timestamptz NOT NULL,
  gone_at timestamptz,
  -- Its links have been removed since.
  is_cleared boolean NOT NULL DEFAULT false
);
