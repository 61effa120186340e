-- Child runs, attributes, streams.

alter table runs add column parent_run_id text;

-- Runs that want to know how another one ends.
create table watchers (
  run_id text not null,
  watcher_run_id text not null,
  call_id text not null,
  primary key (run_id, watcher_run_id, call_id)
) strict, without rowid;

create index watchers_of_run on watchers (watcher_run_id);

create table attributes (
  run_id text not null,
  key text not null,
  value text not null,
  primary key (run_id, key)
) strict, without rowid;

create index attributes_by_value on attributes (key, value);

-- Streams are no part of the log: readers follow them while the run goes on. Chunks are numbered from 0 without gaps.
create table streams (
  run_id text not null,
  name text not null,
  chunks integer not null,
  closed integer not null,
  primary key (run_id, name)
) strict, without rowid;

create table chunks (
  run_id text not null,
  name text not null,
  idx integer not null,
  data blob not null,
  primary key (run_id, name, idx)
) strict, without rowid;
