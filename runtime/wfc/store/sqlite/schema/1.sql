-- The embedded store; `2.sql` and later add to it. Times are microseconds since the Unix epoch; payloads are bytes of
-- the codec.

create table runs (
  run_id text primary key,
  workflow_id text not null,
  build_id text not null,
  status text not null,
  created_at integer not null,
  updated_at integer not null,
  next_seq integer not null,
  seed blob not null,
  fence integer not null default 0,
  owner text,
  wake_at integer,
  clock_offset integer not null default 0,
  started_at integer,
  completed_at integer,
  output blob,
  error blob,
  blocked text,
  idempotency_key text
) strict;

-- What is due and free: the only thing that idle workers look at. A parked run costs an entry here, or nothing.
create index runs_due on runs (wake_at) where owner is null and wake_at is not null;
create index runs_owned on runs (owner) where owner is not null;
create index runs_live on runs (status) where status in ('pending', 'running');
create index runs_newest on runs (created_at, run_id);
create unique index runs_key on runs (workflow_id, idempotency_key) where idempotency_key is not null;

create table events (
  run_id text not null,
  seq integer not null,
  type text not null,
  at integer not null,
  call_id text,
  data text not null,
  payload blob,
  primary key (run_id, seq)
) strict, without rowid;

-- What others have for the owner of a run. Rows are turned into events and deleted in the same commit.
create table inbox (
  item_id integer primary key autoincrement,
  run_id text not null,
  kind text not null,
  at integer not null,
  call_id text,
  data text not null,
  payload blob
) strict;

create index inbox_of_run on inbox (run_id);

-- The primary key is what makes a token belong to one live run.
create table hooks (
  token text primary key,
  hook_id text not null,
  run_id text not null,
  hook_class text not null,
  created_at integer not null,
  metadata blob
) strict, without rowid;

create index hooks_of_run on hooks (run_id);

create table timers (
  run_id text not null,
  wait_id text not null,
  due_at integer not null,
  primary key (run_id, wait_id)
) strict, without rowid;

create table workers (
  worker text primary key,
  seen_at integer not null
) strict, without rowid;
