// Express as its users tune it: prepared statements, node's own crypto, no etag, no access log.
'use strict';
const crypto = require('crypto');
const express = require('express');
const { Pool } = require('pg');
const { createClient } = require('redis');

const CACHE_SECONDS = 60;
const NOTE_CHARACTERS_MAX = 2000;
const secret = crypto.createSecretKey(Buffer.from(process.env.JWT_SECRET));
const database = new Pool({ max: 32, idleTimeoutMillis: 0 });  // Where: PGHOST and the like.
const cache = createClient({ url: process.env.REDIS_URL });

function subjectOf(token) {
  const [head, payload, signature, ...rest] = token.split('.');
  if (signature === undefined || rest.length) return null;
  if (JSON.parse(Buffer.from(head, 'base64url')).alg !== 'HS256') return null;
  const expected = crypto.createHmac('sha256', secret).update(`${head}.${payload}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) return null;
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  return claims.exp > Date.now() / 1000 ? claims.sub : null;
}

function signedIn(request, response, next) {
  const header = request.get('authorization') || '';
  try {
    request.user = header.startsWith('Bearer ') ? subjectOf(header.slice(7)) : null;
  } catch {
    request.user = null;
  }
  if (request.user) return next();
  response.set('WWW-Authenticate', 'Bearer').status(401).json({ detail: 'Unauthorized' });
}

function readSession(body) {
  const { duration, timestamp, session_type: type = 'work', note = null } = body || {};
  const ended = timestamp === undefined ? new Date() : new Date(timestamp);
  const isValid = typeof duration === 'number' && duration > 0 && duration <= 1440
    && (type === 'work' || type === 'break') && !isNaN(ended)
    && (note === null || (typeof note === 'string' && note.length <= NOTE_CHARACTERS_MAX));
  if (!isValid) return null;
  const seconds = Math.round(duration * 60);
  return { type, note, ended, seconds, started: new Date(ended - seconds * 1000) };
}

const handled = handler => (request, response, next) => handler(request, response).catch(next);
const app = express();
app.disable('x-powered-by');
app.set('etag', false);

app.get('/health', (request, response) => {
  response.json({ status: 'ok', service: 'peer', version: '1.0.0' });
});

app.get('/auth/me', signedIn, handled(async (request, response) => {
  const { rows } = await database.query({
    name: 'me',
    text: 'SELECT id, email, username, timezone, created_at FROM users WHERE id = $1',
    values: [request.user],
  });
  if (rows.length) response.json(rows[0]);
  else response.status(404).json({ detail: 'Not found' });
}));

app.post('/focus-session', signedIn, express.json(), handled(async (request, response) => {
  const session = readSession(request.body);
  if (!session) return response.status(422).json({ detail: 'Invalid' });
  const id = crypto.randomUUID();
  await database.query({
    name: 'log',
    text: 'INSERT INTO sessions (id, user_id, session_type, started_at, ended_at, duration_seconds, note)'
      + ' VALUES ($1, $2, $3, $4, $5, $6, $7)',
    values: [
      id, request.user, session.type, session.started, session.ended, session.seconds, session.note],
  });
  response.status(201).json({
    id, user_id: request.user, session_type: session.type, start_time: session.started,
    end_time: session.ended, duration_seconds: session.seconds, note: session.note,
  });
}));

app.get('/focus-metrics', signedIn, handled(async (request, response) => {
  const key = `express:metrics:${request.user}`;
  let text = await cache.get(key);
  if (text === null) {
    const { rows } = await database.query({
      name: 'metrics',
      text: "SELECT to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS date,"
        + ' sum(duration_seconds)::int AS total_seconds, count(*)::int AS sessions FROM sessions'
        + " WHERE user_id = $1 AND session_type = 'work' AND ended_at > now() - interval '7 days'"
        + ' GROUP BY 1 ORDER BY 1',
      values: [request.user],
    });
    const sum = name => rows.reduce((total, row) => total + row[name], 0);
    text = JSON.stringify({
      weekly: rows, total_seconds: sum('total_seconds'), sessions: sum('sessions') });
    await cache.set(key, text, { EX: CACHE_SECONDS });
  }
  response.type('json').send(text);
}));

app.use((error, request, response, next) => response.status(500).json({ detail: 'Error' }));
cache.connect().then(() => app.listen(Number(process.env.PORT), '127.0.0.1', 511));
