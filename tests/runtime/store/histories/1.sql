-- A run that sleeps, as wfc wrote it with version 1 of the schema.
BEGIN TRANSACTION;
CREATE TABLE events (
  run_id text not null,
  seq integer not null,
  type text not null,
  at integer not null,
  call_id text,
  data text not null,
  payload blob,
  primary key (run_id, seq)
) strict, without rowid;
INSERT INTO "events" VALUES('sleeper',1,'run_created',1795383489940964,NULL,'{"workflowName":"workflow//app.w//main","buildId":"b1","codec":1,"wfc":"0.1.0","python":"3.11","zone":"UTC","utcOffsetSeconds":0}',X'7B226E223A337D');
INSERT INTO "events" VALUES('sleeper',2,'run_started',1795383489958970,NULL,'{}',NULL);
INSERT INTO "events" VALUES('sleeper',3,'step_created',1795383489958970,'step_sleeper_1','{"stepName":"step//app.s//double"}',X'7B226E223A337D');
INSERT INTO "events" VALUES('sleeper',4,'step_started',1795383489959147,'step_sleeper_1','{"attempt":1}',NULL);
INSERT INTO "events" VALUES('sleeper',5,'step_completed',1795383489964312,'step_sleeper_1','{}',X'36');
INSERT INTO "events" VALUES('sleeper',6,'wait_created',1795383489964312,'wait_sleeper_2','{"resumeAt":1795387089964312}',NULL);
CREATE TABLE hooks (
  token text primary key,
  hook_id text not null,
  run_id text not null,
  hook_class text not null,
  created_at integer not null,
  metadata blob
) strict, without rowid;
CREATE TABLE inbox (
  item_id integer primary key autoincrement,
  run_id text not null,
  kind text not null,
  at integer not null,
  call_id text,
  data text not null,
  payload blob
) strict;
CREATE TABLE runs (
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
INSERT INTO "runs" VALUES('sleeper','workflow//app.w//main','b1','running',1795383489940964,1795383489964379,7,X'C138B6FFB05AB4D0D7A183B7A991706164F8223430F875354F8973E2D90E3D2E',1,NULL,1795387089964312,0,1795383489958970,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE timers (
  run_id text not null,
  wait_id text not null,
  due_at integer not null,
  primary key (run_id, wait_id)
) strict, without rowid;
INSERT INTO "timers" VALUES('sleeper','wait_sleeper_2',1795387089964312);
CREATE TABLE workers (
  worker text primary key,
  seen_at integer not null
) strict, without rowid;
CREATE INDEX runs_due on runs (wake_at) where owner is null and wake_at is not null;
CREATE INDEX runs_owned on runs (owner) where owner is not null;
CREATE INDEX runs_live on runs (status) where status in ('pending', 'running');
CREATE INDEX runs_newest on runs (created_at, run_id);
CREATE UNIQUE INDEX runs_key on runs (workflow_id, idempotency_key) where idempotency_key is not null;
CREATE INDEX inbox_of_run on inbox (run_id);
CREATE INDEX hooks_of_run on hooks (run_id);
DELETE FROM "sqlite_sequence";
COMMIT;
pragma user_version = 1;
