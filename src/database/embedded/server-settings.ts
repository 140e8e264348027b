/**
 * How the embedded server is set: for a small machine with two cores that Node shares, hot small tables beside an
 * append-only journal, and a log that never holds a value.
 */

import { totalmem } from 'node:os'

export type ServerSettings = Readonly<Record<string, string | number>>

const MB = 1024 * 1024
const BUFFERS_MIN_MB = 128
const BUFFERS_MAX_MB = 1024

/**
 * A quarter of the memory, as the server's own manual advises, up to 1 GB. Claims, persons and searches are found by
 * hashes, so every lead touches a dozen pages where chance has them: with a million persons stored, 256 MB had each lead
 * read four of them anew. Pages that nobody needs are never taken.
 */
export const bufferMegabytes = (memoryBytes: number): number =>
  Math.min(BUFFERS_MAX_MB, Math.max(BUFFERS_MIN_MB, Math.floor(memoryBytes / 4 / MB)))

/** What there is for us: a container may have less than its machine. 0 or a number beyond all reason: no limit is set. */
const memoryBytes = (): number => {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

/** Given on the command line at every start, so that a newer program brings its newer settings. */
export const SERVER_SETTINGS: ServerSettings = {
  // A Unix socket in a private folder is the only way in.
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: 60,

  // Durable: an accepted lead survives the power cord.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',

  // Checkpoints are rare and spread out: each makes every page cost a full image in the log once more.
  shared_buffers: `${bufferMegabytes(memoryBytes())}MB`,
  max_wal_size: '4GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  wal_buffers: '16MB',
  // Where no old file of the log can be taken again, a new one of 16 MB would be filled with zeros first, and all commits
  // would wait for that, under load 35 ms twice a second. Synced is what is written, either way.
  wal_init_zero: 'off',
  // The packaged servers are built without lz4, and pglz costs more time than sealed bytes can give back.
  wal_compression: 'off',

  // Short statements, known plans: compiling or spreading them costs more than it brings.
  jit: 'off',
  max_parallel_workers_per_gather: 0,
  random_page_cost: '1.1',
  effective_io_concurrency: 16,
  work_mem: '8MB',
  maintenance_work_mem: '64MB',

  // Work and caps are rewritten all day: their dead rows are cleared early and without long pauses.
  autovacuum_naptime: '15s',
  autovacuum_vacuum_scale_factor: '0.02',
  autovacuum_vacuum_insert_scale_factor: '0.1',
  autovacuum_analyze_scale_factor: '0.02',
  autovacuum_vacuum_cost_limit: 1000,

  // A statement whose asker was killed is not carried to its end.
  client_connection_check_interval: '5s',
  tcp_keepalives_idle: 60,

  timezone: 'UTC',
  log_timezone: 'UTC',
  // Statements, parameters and error messages quote values: none of them reaches the log.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_min_duration_statement: -1,
  log_parameter_max_length: 0,
  log_parameter_max_length_on_error: 0,
  log_checkpoints: 'off',
  log_autovacuum_min_duration: -1,
  log_line_prefix: '%m [%p] ',
}

export const asArguments = (settings: ServerSettings): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
