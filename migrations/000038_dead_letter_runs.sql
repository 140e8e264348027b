-- expands
-- Many dead letters put away: a job too, as those sent again are. What it is about to decide is written down before, so
-- that after a crash it goes on with the same ones, and decides about none twice.

alter table millrace.replay_run add column deed text not null default 'replay' check (deed in ('replay', 'discard'));
-- What is being decided: whose it is, and which; null between two of them.
alter table millrace.replay_run add column stretch_id uuid;
alter table millrace.replay_run add column stretch jsonb;
