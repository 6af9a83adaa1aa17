ALTER TABLE users
  ADD COLUMN email_verified_at timestamptz,
  -- Two-factor login is on.
  ADD COLUMN totp_enabled_at timestamptz,
  ADD COLUMN banned_at timestamptz;

-- The words of an account, for the search of admins. Letters beyond ASCII belong to words.
CREATE FUNCTION user_words(email_key text, username_key text, name text) RETURNS tsvector
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN array_to_tsvector(array_remove(regexp_split_to_array(
    email_key || ' ' || username_key || ' ' || lower(coalesce(name, '')),
    '[^a-z0-9\u0080-\uffff]+'), ''));

CREATE INDEX users_by_words ON users USING gin (user_words(email_key, username_key, name));

-- Mails that wait to be sent. A mail's words, and the token in it, are made when it is sent, so that
-- no token is ever stored but as its hash.
CREATE TABLE mails (
  id uuid PRIMARY KEY,
  -- NULL: nobody has the address. The row is there so that asking for it costs as much.
  user_id uuid REFERENCES users ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('verify_email', 'reset_password')),
  attempts integer NOT NULL DEFAULT 0,
  -- Not before: who takes a mail moves this on, so that nobody else takes it meanwhile.
  due_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE INDEX mails_by_due ON mails (due_at);
CREATE INDEX mails_by_user ON mails (user_id);

-- What the mails carried.
CREATE TABLE mail_tokens (
  -- SHA-256 of the token's bytes.
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  mail_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('verify_email', 'reset_password')),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE INDEX mail_tokens_by_user ON mail_tokens (user_id, kind, created_at);

CREATE TABLE api_tokens (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  name text NOT NULL,
  scope text NOT NULL CHECK (scope IN ('read', 'write')),
  -- SHA-256 of the token's text.
  hash bytea NOT NULL CONSTRAINT api_tokens_hash_unique UNIQUE CHECK (octet_length(hash) = 32),
  prefix text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz
);

CREATE INDEX api_tokens_by_user ON api_tokens (user_id, id);

-- The secret that an authenticator holds too; it counts where users.totp_enabled_at is set.
CREATE TABLE totp (
  user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  secret bytea NOT NULL,
  -- The step of the last code that was taken: each counts once.
  last_step bigint NOT NULL DEFAULT 0,
  -- Codes that were tried since `tried_since`, none of them right.
  attempts integer NOT NULL DEFAULT 0,
  tried_since timestamptz NOT NULL DEFAULT '-infinity'
);

CREATE TABLE recovery_codes (
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  -- SHA-256 of the code.
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (user_id, hash)
);

ALTER TABLE revocations
  -- NULL: no token of the device counts. Else those count that carry this role.
  ADD COLUMN role text CHECK (role IN ('user', 'moderator', 'admin'));

-- Gives a user a role, and has the gateways refuse the access tokens that carry another. Refreshing
-- gives new ones. The number of users changed.
CREATE FUNCTION give_role(subject uuid, new_role text, at timestamptz) RETURNS bigint
  LANGUAGE sql AS $$
  WITH changed AS (
    UPDATE users SET role = new_role, updated_at = greatest(updated_at, at)
    WHERE id = subject AND role <> new_role
    RETURNING id
  ), revocation AS (
    INSERT INTO revocations AS known (device_id, expires_at, role)
    SELECT devices.id, access_expires_at, new_role
    FROM changed JOIN devices ON devices.user_id = changed.id
    WHERE access_expires_at > at
    ON CONFLICT (device_id) DO UPDATE SET
      role = EXCLUDED.role, transaction = EXCLUDED.transaction,
      expires_at = greatest(known.expires_at, EXCLUDED.expires_at)
    WHERE known.role IS NOT NULL
  )
  SELECT count(*) FROM changed
$$;

-- Takes a user from another system, with the hash that it had: bcrypt or argon2id. The new id, or
-- NULL where the email has an account already. The username is made from the email.
CREATE FUNCTION import_user(
  address text, hash text, full_name text DEFAULT NULL, zone text DEFAULT 'UTC',
  since timestamptz DEFAULT now()
) RETURNS uuid
  LANGUAGE sql AS $$
  WITH word AS (
    SELECT left(regexp_replace(split_part(split_part(address, '@', 1), '+', 1),
      '[^A-Za-z0-9_.-]', '', 'g'), 36) AS text
  ), stem AS (
    SELECT CASE WHEN length(text) >= 3 THEN text
      WHEN text = '' THEN 'user' ELSE 'user-' || text END AS text FROM word
  ), fresh AS (
    SELECT (lpad(to_hex(floor(extract(epoch FROM since) * 1000)::bigint), 12, '0')
      || '7' || substr(random, 14, 3) || '8' || substr(random, 18, 15))::uuid AS id, random
    FROM replace(gen_random_uuid()::text, '-', '') AS random
  ), named AS (
    SELECT id, stem.text || CASE WHEN EXISTS (
      SELECT 1 FROM users WHERE username_key = lower(stem.text))
      THEN '-' || substr(random, 1, 12) ELSE '' END AS username
    FROM fresh, stem
  )
  INSERT INTO users (id, email, email_key, username, username_key, password_hash, name, timezone,
    created_at, updated_at)
  SELECT id, address, lower(address), username, lower(username), hash, full_name, zone, since, since
  FROM named
  WHERE address ~ '^[^@[:space:]]{1,64}@[^@[:space:].]+([.][^@[:space:].]+)+$'
    AND hash ~ '^[$](2[aby]|argon2id)[$]'
  ON CONFLICT (email_key) DO NOTHING
  RETURNING id
$$;
