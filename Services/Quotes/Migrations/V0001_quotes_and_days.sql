CREATE TABLE quotes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  text text NOT NULL UNIQUE CHECK (length(text) BETWEEN 1 AND 1000),
  author text CHECK (length(author) BETWEEN 1 AND 200),
  source text CHECK (length(source) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- What each day showed. A quote is shown once in a cycle.
CREATE TABLE days (
  date date PRIMARY KEY,
  quote_id uuid NOT NULL REFERENCES quotes,
  cycle integer NOT NULL,
  UNIQUE (cycle, quote_id)
);
