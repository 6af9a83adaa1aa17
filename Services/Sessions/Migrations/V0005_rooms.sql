-- Rooms with their timers, who is in them, and the sessions that are earned there.
CREATE TABLE rooms (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  host_id uuid NOT NULL,
  work_ms bigint NOT NULL,
  break_ms bigint NOT NULL,
  long_break_ms bigint NOT NULL,
  long_break_every integer NOT NULL,
  starts_breaks boolean NOT NULL,
  -- 1 public, 2 private.
  visibility smallint NOT NULL,
  -- Of private rooms.
  invite_code text,
  is_active boolean NOT NULL,
  participant_count integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  version bigint NOT NULL,
  -- The timer. 1 work, 2 break, 3 long break.
  phase smallint NOT NULL,
  cycle integer NOT NULL,
  -- Counts the phases that have begun.
  phase_number bigint NOT NULL,
  timer_version bigint NOT NULL,
  -- The clock of the phase: null before it begins.
  phase_start timestamptz,
  phase_end timestamptz,
  running_since timestamptz,
  phase_ms bigint NOT NULL,
  -- The stretches in which it ran: start, end, start, end …, in milliseconds.
  segments bigint[] NOT NULL,
  -- When the phase runs out; null while it does not run.
  deadline timestamptz,
  -- When an active room is closed, or a closed one removed.
  expires_at timestamptz NOT NULL,
  CHECK (
    visibility IN (1, 2) AND phase IN (1, 2, 3) AND participant_count >= 0 AND cycle >= 1
    AND (visibility = 2) = (invite_code IS NOT NULL)
    AND (running_since IS NOT NULL) = (deadline IS NOT NULL) AND (is_active OR deadline IS NULL))
);

-- The list of public rooms, newest first.
CREATE INDEX rooms_newest ON rooms (created_at DESC, id DESC) WHERE is_active AND visibility = 1;
-- Phases that run out.
CREATE INDEX rooms_due ON rooms (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX rooms_expiring ON rooms (expires_at);
CREATE INDEX rooms_of_host ON rooms (host_id);

-- Who is in a room; and, until the phase ends, who was there while it ran.
CREATE TABLE room_participants (
  id uuid PRIMARY KEY,
  room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
  user_id uuid NOT NULL,
  -- 1 active, 2 idle.
  status smallint NOT NULL,
  is_present boolean NOT NULL,
  joined_at timestamptz NOT NULL,
  -- Stays in the current phase that are over: start, end, start, end …, in milliseconds.
  stays bigint[] NOT NULL,
  UNIQUE (room_id, user_id)
);
CREATE INDEX room_participants_of_user ON room_participants (user_id);

-- Who may enter a private room without its code.
CREATE TABLE room_invitations (
  room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
  user_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (room_id, user_id)
);
CREATE INDEX room_invitations_of_user ON room_invitations (user_id);

-- Decides races: a phase of a room earns each participant one session.
ALTER TABLE sessions ADD COLUMN room_phase bigint;
CREATE UNIQUE INDEX sessions_of_room_phase ON sessions (room_id, room_phase, user_id)
  WHERE room_phase IS NOT NULL;
