table account_inquiries
  channel text not null
  provider text not null
  account_number text not null
  holder_name text not null
  said text not null
  response_code text not null
  asked_at timestamp with time zone not null

table accounts
  reg bigint not null
  linked_at timestamp with time zone not null
  channel text not null
  provider text not null
  account_number text not null
  holder_name text not null
  holder_nik text not null
  phone text not null
  kyc boolean not null
  status text not null
  load_id integer not null

table audit
  audit_id bigint not null identity
  at timestamp with time zone not null
  who text not null
  verified boolean not null
  action text not null
  subject text not null
  note text not null
  previous text not null
  hash text not null

table bank_callbacks
  callback_id bigint not null identity
  external_id text not null
  body_sha256 text not null
  item integer not null
  service text not null
  reference text not null
  bank_reference text
  status text not null
  amount_idr bigint
  outcome text not null
  received_at timestamp with time zone not null

table bank_calls
  external_id bigint not null identity
  reference text
  kind text not null
  at timestamp with time zone not null default clock_timestamp()
  answer text
  answered_at timestamp with time zone

table batch_quotas
  batch integer not null
  province_code text not null
  quota bigint not null
  freed bigint not null default 0

table batches
  batch integer not null
  state text not null default 'open'::text
  policy_id integer not null
  opens timestamp with time zone
  closes timestamp with time zone
  closed_at timestamp with time zone
  drawn_at timestamp with time zone
  attempt integer not null default 1
  dir text
  beacon text
  commitment_sha256 text
  decree text
  decreed_at timestamp with time zone
  decreed_by text
  decreed_verified boolean
  confirmed_at timestamp with time zone
  confirmed_by text
  confirmed_verified boolean
  opened_at timestamp with time zone not null default clock_timestamp()
  pool_min integer not null default 0

table breaks
  break_id bigint not null identity
  type text not null
  key text not null
  reference text
  amount_idr bigint
  statement_id bigint
  statement_line bigint
  state text not null default 'open'::text
  opened_on date not null
  resolved_by text
  note text
  resolved_at timestamp with time zone
  assigned_to text

table bulk_debits
  bulk_id text not null
  idr bigint not null

table bulk_orders
  reference text not null
  bulk_id text not null

table carried_over
  batch integer not null
  reg bigint not null
  reason text not null
  into_batch integer

table chunks
  chunk_id bigint not null identity
  run_id bigint not null
  stage text not null
  lo bigint not null
  hi bigint not null
  regs bigint[]
  subject text
  state text not null default 'ready'::text
  attempt integer not null default 0
  token bigint not null default 0
  again boolean not null default false
  not_before timestamp with time zone not null default clock_timestamp()
  enqueued_at timestamp with time zone
  enqueues integer not null default 0
  lease_until timestamp with time zone
  worker text
  n_in bigint
  n_passed bigint
  n_rejected bigint
  n_waiting bigint
  n_parked bigint
  error text
  opened_at timestamp with time zone not null default clock_timestamp()
  started_at timestamp with time zone
  done_at timestamp with time zone

table civil_registry
  nik bigint not null
  kk_number text not null
  full_name text not null
  birth_date date not null
  status text not null
  conflict boolean not null default false
  load_id integer not null

table closed_days
  day date not null
  closed_at timestamp with time zone not null

table corrections
  reg bigint not null
  field text not null
  at timestamp with time zone not null
  value text not null
  old_value text not null
  load_id integer not null

table counterpart_days
  name text not null
  day date not null
  used bigint not null default 0
  ended bigint not null default 0
  saved bigint not null default 0
  granted bigint
  refused_until timestamp with time zone

table counterparts
  name text not null
  next_at timestamp with time zone not null default clock_timestamp()
  rate_per_second integer
  failures integer not null default 0
  opens integer not null default 0
  opened_at timestamp with time zone
  open_until timestamp with time zone
  trying boolean not null default false
  answered_at timestamp with time zone

table decree_lines
  batch integer not null
  number bigint not null
  reg bigint not null
  decision text not null
  reason text not null
  replaces bigint

table email_events
  reg bigint not null
  at timestamp with time zone not null
  type text not null
  dsn text not null default ''::text
  diagnostic text not null default ''::text
  load_id integer

table email_messages
  message_id text not null
  reg bigint not null
  number integer not null
  token text not null
  intended_at timestamp with time zone not null
  answer text
  answered_at timestamp with time zone

table exclusions
  nik bigint not null
  list text not null
  valid_from date not null
  valid_to date
  source text not null
  load_id integer not null

table freed_places
  freed_id bigint not null identity
  batch integer not null
  province_code text not null
  places bigint not null
  freed_at timestamp with time zone not null
  given_to integer

table instalment_transitions
  from_state text not null
  to_state text not null

table instalments
  instalment_id bigint not null identity
  nik bigint not null
  reg bigint not null
  batch integer not null
  kind text not null
  number smallint not null
  amount_idr bigint not null
  due_on date not null
  state text not null default 'due'::text
  reason text not null default ''::text
  payout_run bigint
  order_number integer not null default 0

table joins
  batch integer not null
  reg bigint not null
  joined_at timestamp with time zone not null
  load_id integer
  carried_from integer

table ledger_entries
  entry_id bigint not null identity
  at timestamp with time zone not null default clock_timestamp()
  transaction_id bigint not null
  account text not null
  debit_idr bigint not null default 0
  credit_idr bigint not null default 0
  reference text not null

table loads
  load_id integer not null identity
  kind text not null
  file_name text not null
  sha256 text
  received_at timestamp with time zone not null default clock_timestamp()
  read bigint
  imported bigint
  unchanged bigint
  quarantined bigint
  finished_at timestamp with time zone

table malformed_niks
  reg bigint not null
  nik text not null

table operators
  name text not null
  roles text[] not null
  token_sha256 text not null
  added_at timestamp with time zone not null
  added_by text not null
  removed_at timestamp with time zone

table order_refusals
  reference text not null
  subject text not null
  by text not null
  verified boolean not null
  at timestamp with time zone not null
  note text not null
  refusal_id bigint not null identity
  confirms bigint

table original_registrations
  reg bigint not null
  content text not null

table otp
  reg bigint not null
  phone text not null
  result text not null
  at timestamp with time zone not null
  load_id integer not null

table participants
  nik bigint not null
  reg bigint not null
  batch integer not null
  decree text not null
  state text not null
  confirmed_at timestamp with time zone not null default clock_timestamp()
  announced_on date not null
  revoked_at timestamp with time zone
  entitlement_idr bigint not null

table paying_accounts
  account text not null
  route text not null
  digits text not null default ltrim(regexp_replace(account, '\D'::text, ''::text, 'g'::text), '0'::text)

table payment_holds
  nik bigint not null
  held_by text not null
  held_verified boolean not null
  held_at timestamp with time zone not null
  note text not null
  registration_id text

table payment_orders
  reference text not null
  instalment_id bigint not null
  order_number integer not null
  amount_idr bigint not null
  channel text not null
  provider text not null
  account_number text not null
  holder_name text not null
  bank_reference text
  reason text not null default ''::text
  submitted_at timestamp with time zone
  settled_at timestamp with time zone
  value_date date
  doubt_since timestamp with time zone
  payout_run bigint
  in_bulk_idr bigint not null default 0
  accepted_at timestamp with time zone

table payout_approvals
  payout_run bigint not null
  by text not null
  verified boolean not null
  at timestamp with time zone not null

table payout_files
  payout_run bigint not null
  begun_at timestamp with time zone not null
  count bigint
  total_idr bigint
  sha256 text
  given_at timestamp with time zone

table payout_reports
  sha256 text not null
  payout_run bigint not null
  taken_at timestamp with time zone not null

table payout_runs
  payout_run bigint not null identity
  state text not null default 'prepared'::text
  as_of date not null
  declared_count bigint not null
  declared_total_idr bigint not null
  prepared_by text not null
  prepared_verified boolean not null
  prepared_at timestamp with time zone not null default clock_timestamp()
  released_by text
  released_verified boolean
  released_at timestamp with time zone
  bulk boolean not null default false
  stopped_by text

table people
  nik bigint not null
  standing bigint not null
  registrations integer not null
  joined_batch integer
  pool_batch integer

table policies
  policy_id integer not null identity
  version text not null
  name text not null
  body jsonb not null
  created_at timestamp with time zone not null default now()

table pool
  batch integer not null
  reg bigint not null
  nik bigint not null
  province_code text not null
  track text not null
  score smallint
  kk_token text not null default ''::text
  kk_prior integer

table quarantine
  load_id integer not null
  line bigint not null
  column_name text not null
  reason text not null

table registrations
  reg bigint not null
  registration_id text not null
  registered_at timestamp with time zone not null
  nik bigint
  birth_date date not null
  email_since timestamp with time zone
  load_id integer not null
  sex text not null
  in_school boolean not null
  disability boolean not null
  province_code text not null
  kk_number text not null
  full_name text not null
  birth_place text not null
  mother_name text not null
  email text not null
  phone text not null
  employment text not null
  education text not null

table registry_answers
  nik bigint not null
  question text not null
  answer jsonb not null
  at timestamp with time zone not null default clock_timestamp()
  kept_at timestamp with time zone not null default clock_timestamp()

table rescue_candidates
  reg bigint not null
  number smallint not null
  slip text not null
  decided_at timestamp with time zone not null
  state text not null
  at timestamp with time zone not null default clock_timestamp()

table restores
  restore_id integer not null identity
  taken_at timestamp with time zone not null
  restored_at timestamp with time zone not null
  by text not null
  note text not null
  files boolean not null default false

table revocation_grace
  reg bigint not null
  until date not null
  note text not null
  load_id integer

table revocations
  revocation_id bigint not null identity
  nik bigint not null
  batch integer not null
  province_code text not null
  returned_idr bigint not null
  revoked_at timestamp with time zone not null
  revoked_by text not null
  undone_at timestamp with time zone
  undone_by text
  undone_note text

table runs
  run_id bigint not null identity
  policy_id integer not null
  state text not null default 'running'::text
  started_at timestamp with time zone not null default clock_timestamp()
  finished_at timestamp with time zone
  stopped_why text

table schedule_ticks
  name text not null
  tick timestamp with time zone not null
  outcome text not null
  said text not null
  late_seconds integer not null
  ended_at timestamp with time zone not null default clock_timestamp()

table schedules
  name text not null
  action text not null
  batch integer
  cron text
  at timestamp with time zone
  settings jsonb not null default '{}'::jsonb
  since timestamp with time zone not null
  paused_at timestamp with time zone
  set_by text not null
  changed_at timestamp with time zone not null default clock_timestamp()

table selections
  batch integer not null
  rank bigint not null
  reg bigint not null
  decision text not null

table settings
  key text not null
  value text not null

table statement_lines
  statement_id bigint not null
  line bigint not null
  booked_on date
  amount_idr bigint
  direction text
  reference text
  bulk_id text
  counterparty_name text
  counterparty_account text
  bank_reference text
  return_reason text
  unreadable text
  not_ours boolean not null default false

table statements
  statement_id bigint not null identity
  sha256 text not null
  part integer not null default 1
  format text not null
  account text not null
  bank_statement_id text not null
  from_date date not null
  to_date date not null
  opening text
  closing text
  lines bigint not null
  received_at timestamp with time zone not null default clock_timestamp()
  again_at timestamp with time zone
  made_at timestamp with time zone
  lines_hash numeric
  not_booked bigint not null default 0
  reached numeric

table touched
  stage text not null
  reg bigint not null
  fresh boolean not null default false
  since timestamp with time zone not null default clock_timestamp()

table training
  reg bigint not null
  batch integer not null
  event text not null
  training_id text not null
  at timestamp with time zone not null
  load_id integer not null

table verdict_history
  stage text not null
  reg bigint not null
  outcome text not null
  reason text not null
  detail text not null
  decided_at timestamp with time zone not null
  policy_id integer not null
  chunk_id bigint not null
  superseded_at timestamp with time zone not null default clock_timestamp()
  why text not null

table verdicts_dedupe
  reg bigint not null
  outcome text not null
  reason text not null default ''::text
  detail text not null default ''::text
  decided_at timestamp with time zone not null default clock_timestamp()
  due_at timestamp with time zone
  policy_id integer not null
  chunk_id bigint not null

table verdicts_dukcapil
  reg bigint not null
  outcome text not null
  reason text not null default ''::text
  detail text not null default ''::text
  decided_at timestamp with time zone not null default clock_timestamp()
  due_at timestamp with time zone
  policy_id integer not null
  chunk_id bigint not null

table verdicts_email
  reg bigint not null
  outcome text not null
  reason text not null default ''::text
  detail text not null default ''::text
  decided_at timestamp with time zone not null default clock_timestamp()
  due_at timestamp with time zone
  policy_id integer not null
  chunk_id bigint not null

table verdicts_layer3
  reg bigint not null
  outcome text not null
  reason text not null default ''::text
  detail text not null default ''::text
  decided_at timestamp with time zone not null default clock_timestamp()
  due_at timestamp with time zone
  policy_id integer not null
  chunk_id bigint not null

table whitelist
  nik bigint not null
  source text not null
  added_at timestamp with time zone not null
  load_id integer not null

constraint account_inquiries account_inquiries_channel_check CHECK ((channel = ANY (ARRAY['bank'::text, 'ewallet'::text])))

constraint account_inquiries account_inquiries_pkey PRIMARY KEY (account_number, provider, channel, holder_name)

constraint account_inquiries account_inquiries_said_check CHECK ((said = ANY (ARRAY['confirmed'::text, 'other_name'::text, 'no_account'::text, 'not_active'::text])))

constraint accounts accounts_channel_check CHECK ((channel = ANY (ARRAY['bank'::text, 'ewallet'::text])))

constraint accounts accounts_pkey PRIMARY KEY (reg, linked_at)

constraint accounts accounts_provider_check CHECK ((provider = ANY (ARRAY['bni'::text, 'ovo'::text, 'gopay'::text, 'linkaja'::text, 'dana'::text])))

constraint accounts accounts_status_check CHECK ((status = ANY (ARRAY['active'::text, 'inactive'::text, 'closed'::text])))

constraint audit audit_hash_key UNIQUE (hash)

constraint audit audit_pkey PRIMARY KEY (audit_id)

constraint bank_callbacks bank_callbacks_external_id_body_sha256_item_key UNIQUE (external_id, body_sha256, item)

constraint bank_callbacks bank_callbacks_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'known'::text, 'contradiction'::text, 'unknown_reference'::text, 'amount_differs'::text, 'history'::text])))

constraint bank_callbacks bank_callbacks_pkey PRIMARY KEY (callback_id)

constraint bank_calls bank_calls_check CHECK (((kind = 'inquiry'::text) = (reference IS NULL)))

constraint bank_calls bank_calls_kind_check CHECK ((kind = ANY (ARRAY['transfer'::text, 'status'::text, 'inquiry'::text])))

constraint bank_calls bank_calls_pkey PRIMARY KEY (external_id)

constraint bank_calls bank_calls_reference_fkey FOREIGN KEY (reference) REFERENCES payment_orders(reference)

constraint batch_quotas batch_quotas_batch_fkey FOREIGN KEY (batch) REFERENCES batches(batch)

constraint batch_quotas batch_quotas_check CHECK (((freed >= 0) AND (freed <= quota)))

constraint batch_quotas batch_quotas_pkey PRIMARY KEY (batch, province_code)

constraint batch_quotas batch_quotas_quota_check CHECK ((quota >= 0))

constraint batches batches_batch_check CHECK ((batch > 0))

constraint batches batches_check CHECK (((confirmed_by IS NULL) OR (confirmed_by <> decreed_by)))

constraint batches batches_pkey PRIMARY KEY (batch)

constraint batches batches_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policies(policy_id)

constraint batches batches_pool_min_check CHECK ((pool_min >= 0))

constraint batches batches_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'drawn'::text, 'decreed'::text, 'confirmed'::text, 'cancelled'::text])))

constraint breaks breaks_check CHECK (((state = 'resolved'::text) = ((resolved_by IS NOT NULL) AND (note IS NOT NULL))))

constraint breaks breaks_pkey PRIMARY KEY (break_id)

constraint breaks breaks_state_check CHECK ((state = ANY (ARRAY['open'::text, 'resolved'::text])))

constraint breaks breaks_statement_id_fkey FOREIGN KEY (statement_id) REFERENCES statements(statement_id)

constraint breaks breaks_type_check CHECK ((type = ANY (ARRAY['missing_in_bank'::text, 'missing_in_ledger'::text, 'amount_mismatch'::text, 'payee_mismatch'::text, 'duplicate_debit'::text, 'returned'::text, 'late'::text, 'unreadable_line'::text, 'statement_gap'::text])))

constraint breaks breaks_type_key_key UNIQUE (type, key)

constraint bulk_debits bulk_debits_idr_check CHECK ((idr > 0))

constraint bulk_debits bulk_debits_pkey PRIMARY KEY (bulk_id)

constraint bulk_orders bulk_orders_pkey PRIMARY KEY (reference)

constraint bulk_orders bulk_orders_reference_fkey FOREIGN KEY (reference) REFERENCES payment_orders(reference)

constraint carried_over carried_over_batch_fkey FOREIGN KEY (batch) REFERENCES batches(batch)

constraint carried_over carried_over_into_batch_fkey FOREIGN KEY (into_batch) REFERENCES batches(batch)

constraint carried_over carried_over_pkey PRIMARY KEY (batch, reg)

constraint carried_over carried_over_reg_fkey FOREIGN KEY (reg) REFERENCES registrations(reg)

constraint chunks chunks_check CHECK ((hi >= lo))

constraint chunks chunks_check1 CHECK (((state = 'running'::text) = (lease_until IS NOT NULL)))

constraint chunks chunks_check2 CHECK (((state <> 'done'::text) OR COALESCE((n_in = (((n_passed + n_rejected) + n_waiting) + n_parked)), false)))

constraint chunks chunks_pkey PRIMARY KEY (chunk_id)

constraint chunks chunks_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(run_id)

constraint chunks chunks_stage_check CHECK ((stage = ANY (ARRAY['dedupe'::text, 'email'::text, 'dukcapil'::text, 'layer3'::text, 'assignment'::text, 'payout'::text])))

constraint chunks chunks_state_check CHECK ((state = ANY (ARRAY['ready'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))

constraint civil_registry civil_registry_pkey PRIMARY KEY (nik)

constraint civil_registry civil_registry_status_check CHECK ((status = ANY (ARRAY['active'::text, 'deceased'::text, 'duplicate'::text, 'inactive'::text])))

constraint closed_days closed_days_pkey PRIMARY KEY (day)

constraint corrections corrections_field_check CHECK ((field = ANY (ARRAY['nik'::text, 'kk_number'::text, 'full_name'::text, 'birth_date'::text, 'email'::text, 'phone'::text])))

constraint corrections corrections_load_id_fkey FOREIGN KEY (load_id) REFERENCES loads(load_id)

constraint corrections corrections_pkey PRIMARY KEY (reg, field, at)

constraint corrections corrections_reg_fkey FOREIGN KEY (reg) REFERENCES registrations(reg)

constraint counterpart_days counterpart_days_name_fkey FOREIGN KEY (name) REFERENCES counterparts(name)

constraint counterpart_days counterpart_days_pkey PRIMARY KEY (name, day)

constraint counterparts counterparts_pkey PRIMARY KEY (name)

constraint counterparts counterparts_rate_per_second_check CHECK ((rate_per_second > 0))

constraint decree_lines decree_lines_batch_fkey FOREIGN KEY (batch) REFERENCES batches(batch)

constraint decree_lines decree_lines_batch_reg_key UNIQUE (batch, reg)

constraint decree_lines decree_lines_decision_check CHECK ((decision = ANY (ARRAY['confirmed'::text, 'removed'::text, 'promoted'::text])))

constraint decree_lines decree_lines_pkey PRIMARY KEY (batch, number)

constraint email_events email_events_pkey PRIMARY KEY (reg, at, type, dsn)

constraint email_events email_events_type_check CHECK ((type = ANY (ARRAY['delivered'::text, 'deferred'::text, 'bounced'::text, 'complained'::text, 'confirmed'::text])))

constraint email_messages email_messages_number_check CHECK ((number > 0))

constraint email_messages email_messages_pkey PRIMARY KEY (message_id)

constraint email_messages email_messages_reg_fkey FOREIGN KEY (reg) REFERENCES registrations(reg)

constraint email_messages email_messages_reg_number_key UNIQUE (reg, number)

constraint email_messages email_messages_token_key UNIQUE (token)

constraint exclusions exclusions_pkey PRIMARY KEY (nik, list, valid_from, load_id)

constraint freed_places freed_places_batch_fkey FOREIGN KEY (batch) REFERENCES batches(batch)

constraint freed_places freed_places_given_to_fkey FOREIGN KEY (given_to) REFERENCES batches(batch)

constraint freed_places freed_places_pkey PRIMARY KEY (freed_id)

constraint freed_places freed_places_places_check CHECK ((places <> 0))

constraint instalment_transitions instalment_transitions_pkey PRIMARY KEY (from_state, to_state)

constraint instalments instalments_amount_idr_check CHECK ((amount_idr > 0))

constraint instalments instalments_batch_fkey FOREIGN KEY (batch) REFERENCES batches(batch)

constraint instalments instalments_check CHECK (((state <> 'held'::text) OR (reason <> ''::text)))

constraint instalments instalments_kind_check CHECK ((kind = ANY (ARRAY['incentive'::text, 'survey'::text])))

constraint instalments instalments_nik_batch_kind_number_key UNIQUE (nik, batch, kind, number)

constraint instalments instalments_nik_fkey FOREIGN KEY (nik) REFERENCES participants(nik)

constraint instalments instalments_number_check CHECK ((number > 0))

constraint instalments instalments_payout_run_fkey FOREIGN KEY (payout_run) REFERENCES payout_runs(payout_run)

constraint instalments instalments_pkey PRIMARY KEY (instalment_id)

constraint instalments instalments_reg_fkey FOREIGN KEY (reg) REFERENCES registrations(reg)

constraint instalments instalments_state_check CHECK ((state = ANY (ARRAY['due'::text, 'prepared'::text, 'released'::text, 'submitting'::text, 'unknown'::text, 'accepted'::text, 'paid'::text, 'rejected'::text, 'returned'::text, 'held'::text])))

constraint joins joins_carried_from_fkey FOREIGN KEY (carried_from) REFERENCES batches(batch)

constraint joins joins_from_somewhere_check CHECK (((load_id IS NOT NULL) OR (carried_from IS NOT NULL)))

constraint joins joins_pkey PRIMARY KEY (batch, reg)

constraint ledger_entries ledger_entries_account_check CHECK ((account = ANY (ARRAY['state_budget'::text, 'treasury'::text, 'programme'::text, 'in_flight'::text, 'paid'::text, 'returned'::text])))

constraint ledger_entries ledger_entries_check CHECK (((debit_idr = 0) <> (credit_idr = 0)))

constraint ledger_entries ledger_entries_credit_idr_check CHECK ((credit_idr >= 0))

constraint ledger_entries ledger_entries_debit_idr_check CHECK ((debit_idr >= 0))

constraint ledger_entries ledger_entries_pkey PRIMARY KEY (entry_id)

constraint loads loads_pkey PRIMARY KEY (load_id)

constraint malformed_niks malformed_niks_pkey PRIMARY KEY (reg)

constraint malformed_niks malformed_niks_reg_fkey FOREIGN KEY (reg) REFERENCES registrations(reg)

constraint operators operators_name_check CHECK (((name ~ '^[a-z][a-z0-9._-]{1,63}$'::text) AND (name <> ALL (ARRAY['cli'::text, 'schedule'::text]))))

constraint operators operators_pkey PRIMARY KEY (name)

constraint operators operators_roles_check CHECK ((cardinality(roles) > 0))

constraint operators operators_token_sha256_key UNIQUE (token_sha256)

constraint order_refusals order_refusals_confirms_fkey FOREIGN KEY (confirms) REFERENCES order_refusals(refusal_id)

constraint order_refusals order_refusals_confirms_key UNIQUE (confirms)

constraint order_refusals order_refusals_pkey PRIMARY KEY (refusal_id)

constraint order_refusals order_refusals_reference_fkey FOREIGN KEY (reference) REFERENCES payment_orders(reference)

constraint original_registrations original_registrations_pkey PRIMARY KEY (reg)

constraint original_registrations original_registrations_reg_fkey FOREIGN KEY (reg) REFERENCES registrations(reg)

constraint otp otp_pkey PRIMARY KEY (reg, phone, at, result)

constraint otp otp_result_check CHECK ((result = ANY (ARRAY['verified'::text, 'failed'::text, 'expired'::text])))

constraint participants participants_check CHECK (((state = 'revoked'::text) = (revoked_at IS NOT NULL)))

constraint participants participants_entitlement_idr_check CHECK ((entitlement_idr > 0))

constraint participants participants_pkey PRIMARY KEY (nik)

constraint participants participants_reg_fkey FOREIGN KEY (reg) REFERENCES registrations(reg)

constraint participants participants_state_check CHECK ((state = ANY (ARRAY['participant'::text, 'revoked'::text])))

constraint paying_accounts paying_accounts_pkey PRIMARY KEY (account, route)

constraint paying_accounts paying_accounts_route_check CHECK ((route = ANY (ARRAY['api'::text, 'file'::text])))

constraint payment_holds payment_holds_pkey PRIMARY KEY (nik)

constraint payment_orders payment_orders_amount_idr_check CHECK ((amount_idr > 0))

constraint payment_orders payment_orders_instalment_id_fkey FOREIGN KEY (instalment_id) REFERENCES instalments(instalment_id)

constraint payment_orders payment_orders_instalment_id_order_number_key UNIQUE (instalment_id, order_number)

constraint payment_orders payment_orders_order_number_check CHECK ((order_number > 0))

constraint payment_orders payment_orders_payout_run_fkey FOREIGN KEY (payout_run) REFERENCES payout_runs(payout_run)

constraint payment_orders payment_orders_pkey PRIMARY KEY (reference)

constraint payment_orders payment_orders_reference_check CHECK ((reference ~ '^[A-Z0-9]{1,16}$'::text))

constraint payout_approvals payout_approvals_payout_run_fkey FOREIGN KEY (payout_run) REFERENCES payout_runs(payout_run)

constraint payout_approvals payout_approvals_pkey PRIMARY KEY (payout_run, by)

constraint payout_files payout_files_check CHECK ((((count IS NULL) = (sha256 IS NULL)) AND ((total_idr IS NULL) = (sha256 IS NULL))))

constraint payout_files payout_files_payout_run_fkey FOREIGN KEY (payout_run) REFERENCES payout_runs(payout_run)

constraint payout_files payout_files_pkey PRIMARY KEY (payout_run)

constraint payout_reports payout_reports_payout_run_fkey FOREIGN KEY (payout_run) REFERENCES payout_runs(payout_run)

constraint payout_reports payout_reports_pkey PRIMARY KEY (sha256)

constraint payout_runs payout_runs_check CHECK (((released_by IS NULL) OR (released_by <> prepared_by)))

constraint payout_runs payout_runs_pkey PRIMARY KEY (payout_run)

constraint payout_runs payout_runs_state_check CHECK ((state = ANY (ARRAY['prepared'::text, 'released'::text, 'stopped'::text, 'done'::text, 'cancelled'::text])))

constraint people people_pkey PRIMARY KEY (nik)

constraint people people_registrations_check CHECK ((registrations > 0))

constraint policies policies_pkey PRIMARY KEY (policy_id)

constraint policies policies_version_check CHECK ((version ~ '^[0-9a-f]{64}$'::text))

constraint policies policies_version_key UNIQUE (version)

constraint pool pool_batch_nik_key UNIQUE (batch, nik)

constraint pool pool_pkey PRIMARY KEY (batch, reg)

constraint pool pool_track_check CHECK ((track = ANY (ARRAY['whitelist'::text, 'public'::text])))

constraint quarantine quarantine_load_id_fkey FOREIGN KEY (load_id) REFERENCES loads(load_id)

constraint quarantine quarantine_pkey PRIMARY KEY (load_id, line)

constraint registrations registrations_education_check CHECK ((education = ANY (ARRAY['sd'::text, 'smp'::text, 'sma'::text, 'diploma'::text, 's1'::text, 's2'::text])))

constraint registrations registrations_employment_check CHECK ((employment = ANY (ARRAY['laid_off'::text, 'furloughed'::text, 'job_seeker'::text, 'micro_business'::text, 'employed'::text])))

constraint registrations registrations_pkey PRIMARY KEY (reg)

constraint registrations registrations_sex_check CHECK ((sex = ANY (ARRAY['L'::text, 'P'::text])))

constraint registry_answers registry_answers_pkey PRIMARY KEY (nik, question)

constraint rescue_candidates rescue_candidates_pkey PRIMARY KEY (reg, number)

constraint rescue_candidates rescue_candidates_reg_fkey FOREIGN KEY (reg) REFERENCES registrations(reg)

constraint rescue_candidates rescue_candidates_state_check CHECK ((state = ANY (ARRAY['confirmed'::text, 'refuted'::text, 'certain'::text])))

constraint restores restores_check CHECK ((taken_at <= restored_at))

constraint restores restores_pkey PRIMARY KEY (restore_id)

constraint revocation_grace revocation_grace_load_id_fkey FOREIGN KEY (load_id) REFERENCES loads(load_id)

constraint revocation_grace revocation_grace_pkey PRIMARY KEY (reg)

constraint revocation_grace revocation_grace_reg_fkey FOREIGN KEY (reg) REFERENCES registrations(reg)

constraint revocations revocations_batch_fkey FOREIGN KEY (batch) REFERENCES batches(batch)

constraint revocations revocations_check CHECK ((((undone_at IS NULL) = (undone_by IS NULL)) AND ((undone_at IS NULL) = (undone_note IS NULL))))

constraint revocations revocations_nik_fkey FOREIGN KEY (nik) REFERENCES participants(nik)

constraint revocations revocations_pkey PRIMARY KEY (revocation_id)

constraint revocations revocations_returned_idr_check CHECK ((returned_idr > 0))

constraint runs runs_pkey PRIMARY KEY (run_id)

constraint runs runs_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policies(policy_id)

constraint runs runs_state_check CHECK ((state = ANY (ARRAY['running'::text, 'stopped'::text, 'done'::text, 'cancelled'::text])))

constraint runs runs_stopped_why_check CHECK (((state <> 'stopped'::text) OR (stopped_why IS NOT NULL)))

constraint schedule_ticks schedule_ticks_late_seconds_check CHECK ((late_seconds >= 0))

constraint schedule_ticks schedule_ticks_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'refused'::text])))

constraint schedule_ticks schedule_ticks_pkey PRIMARY KEY (name, tick)

constraint schedules schedules_action_check CHECK ((action = ANY (ARRAY['open'::text, 'close'::text, 'revoke'::text])))

constraint schedules schedules_batch_fkey FOREIGN KEY (batch) REFERENCES batches(batch)

constraint schedules schedules_check CHECK (((cron IS NULL) <> (at IS NULL)))

constraint schedules schedules_check1 CHECK (((action = 'close'::text) = (batch IS NOT NULL)))

constraint schedules schedules_pkey PRIMARY KEY (name)

constraint selections selections_batch_reg_key UNIQUE (batch, reg)

constraint selections selections_decision_check CHECK ((decision = ANY (ARRAY['selected'::text, 'waiting_list'::text])))

constraint selections selections_pkey PRIMARY KEY (batch, rank)

constraint selections selections_rank_check CHECK ((rank > 0))

constraint settings settings_pkey PRIMARY KEY (key)

constraint statement_lines statement_lines_check CHECK (((unreadable IS NULL) = ((amount_idr IS NOT NULL) AND (direction IS NOT NULL) AND (booked_on IS NOT NULL))))

constraint statement_lines statement_lines_direction_check CHECK ((direction = ANY (ARRAY['debit'::text, 'credit'::text])))

constraint statement_lines statement_lines_pkey PRIMARY KEY (statement_id, line)

constraint statement_lines statement_lines_statement_id_fkey FOREIGN KEY (statement_id) REFERENCES statements(statement_id)

constraint statements statements_pkey PRIMARY KEY (statement_id)

constraint statements statements_sha256_part_key UNIQUE (sha256, part)

constraint touched touched_pkey PRIMARY KEY (stage, reg)

constraint training training_event_check CHECK ((event = ANY (ARRAY['purchased'::text, 'completed'::text, 'rated'::text, 'survey_1'::text, 'survey_2'::text, 'survey_3'::text])))

constraint training training_pkey PRIMARY KEY (reg, batch, event, training_id)

constraint verdicts_dedupe only_waiting_is_due CHECK (((due_at IS NULL) OR (outcome = 'waiting'::text)))

constraint verdicts_dedupe passed_has_no_reason CHECK (((outcome = 'passed'::text) = (reason = ''::text)))

constraint verdicts_dedupe verdicts_dedupe_outcome_check CHECK ((outcome = ANY (ARRAY['passed'::text, 'rejected'::text, 'waiting'::text, 'parked'::text])))

constraint verdicts_dedupe verdicts_dedupe_pkey PRIMARY KEY (reg)

constraint verdicts_dukcapil only_waiting_is_due CHECK (((due_at IS NULL) OR (outcome = 'waiting'::text)))

constraint verdicts_dukcapil passed_has_no_reason CHECK (((outcome = 'passed'::text) = (reason = ''::text)))

constraint verdicts_dukcapil verdicts_dedupe_outcome_check CHECK ((outcome = ANY (ARRAY['passed'::text, 'rejected'::text, 'waiting'::text, 'parked'::text])))

constraint verdicts_dukcapil verdicts_dukcapil_pkey PRIMARY KEY (reg)

constraint verdicts_email only_waiting_is_due CHECK (((due_at IS NULL) OR (outcome = 'waiting'::text)))

constraint verdicts_email passed_has_no_reason CHECK (((outcome = 'passed'::text) = (reason = ''::text)))

constraint verdicts_email verdicts_dedupe_outcome_check CHECK ((outcome = ANY (ARRAY['passed'::text, 'rejected'::text, 'waiting'::text, 'parked'::text])))

constraint verdicts_email verdicts_email_pkey PRIMARY KEY (reg)

constraint verdicts_layer3 only_waiting_is_due CHECK (((due_at IS NULL) OR (outcome = 'waiting'::text)))

constraint verdicts_layer3 passed_has_no_reason CHECK (((outcome = 'passed'::text) = (reason = ''::text)))

constraint verdicts_layer3 verdicts_dedupe_outcome_check CHECK ((outcome = ANY (ARRAY['passed'::text, 'rejected'::text, 'waiting'::text, 'parked'::text])))

constraint verdicts_layer3 verdicts_layer3_pkey PRIMARY KEY (reg)

constraint whitelist whitelist_pkey PRIMARY KEY (nik)

CREATE UNIQUE INDEX account_inquiries_pkey ON public.account_inquiries USING btree (account_number, provider, channel, holder_name)

CREATE UNIQUE INDEX accounts_pkey ON public.accounts USING btree (reg, linked_at)

CREATE UNIQUE INDEX audit_hash_key ON public.audit USING btree (hash)

CREATE UNIQUE INDEX audit_pkey ON public.audit USING btree (audit_id)

CREATE UNIQUE INDEX bank_callbacks_external_id_body_sha256_item_key ON public.bank_callbacks USING btree (external_id, body_sha256, item)

CREATE UNIQUE INDEX bank_callbacks_pkey ON public.bank_callbacks USING btree (callback_id)

CREATE INDEX bank_callbacks_reference ON public.bank_callbacks USING btree (reference)

CREATE UNIQUE INDEX bank_calls_pkey ON public.bank_calls USING btree (external_id)

CREATE INDEX bank_calls_reference ON public.bank_calls USING btree (reference)

CREATE UNIQUE INDEX batch_quotas_pkey ON public.batch_quotas USING btree (batch, province_code)

CREATE UNIQUE INDEX batches_pkey ON public.batches USING btree (batch)

CREATE UNIQUE INDEX breaks_pkey ON public.breaks USING btree (break_id)

CREATE INDEX breaks_reference ON public.breaks USING btree (reference) WHERE (reference IS NOT NULL)

CREATE UNIQUE INDEX breaks_type_key_key ON public.breaks USING btree (type, key)

CREATE UNIQUE INDEX bulk_debits_pkey ON public.bulk_debits USING btree (bulk_id)

CREATE INDEX bulk_orders_bulk ON public.bulk_orders USING btree (bulk_id)

CREATE UNIQUE INDEX bulk_orders_pkey ON public.bulk_orders USING btree (reference)

CREATE UNIQUE INDEX carried_over_pkey ON public.carried_over USING btree (batch, reg)

CREATE INDEX chunks_ended ON public.chunks USING btree (run_id, stage, done_at) WHERE (state = 'done'::text)

CREATE INDEX chunks_leased ON public.chunks USING btree (lease_until) WHERE (state = 'running'::text)

CREATE UNIQUE INDEX chunks_one_set_stage_runs ON public.chunks USING btree (stage) WHERE ((state = 'running'::text) AND (stage = ANY (ARRAY['dedupe'::text, 'assignment'::text])))

CREATE INDEX chunks_open ON public.chunks USING btree (stage, lo, hi) WHERE (state = ANY (ARRAY['ready'::text, 'running'::text]))

CREATE UNIQUE INDEX chunks_pkey ON public.chunks USING btree (chunk_id)

CREATE INDEX chunks_run ON public.chunks USING btree (run_id, stage)

CREATE INDEX chunks_unqueued ON public.chunks USING btree (chunk_id) WHERE ((state = 'ready'::text) AND (enqueued_at IS NULL))

CREATE UNIQUE INDEX civil_registry_pkey ON public.civil_registry USING btree (nik)

CREATE UNIQUE INDEX closed_days_pkey ON public.closed_days USING btree (day)

CREATE UNIQUE INDEX corrections_pkey ON public.corrections USING btree (reg, field, at)

CREATE UNIQUE INDEX counterpart_days_pkey ON public.counterpart_days USING btree (name, day)

CREATE UNIQUE INDEX counterparts_pkey ON public.counterparts USING btree (name)

CREATE UNIQUE INDEX decree_lines_batch_reg_key ON public.decree_lines USING btree (batch, reg)

CREATE UNIQUE INDEX decree_lines_pkey ON public.decree_lines USING btree (batch, number)

CREATE UNIQUE INDEX email_events_pkey ON public.email_events USING btree (reg, at, type, dsn)

CREATE UNIQUE INDEX email_messages_pkey ON public.email_messages USING btree (message_id)

CREATE UNIQUE INDEX email_messages_reg_number_key ON public.email_messages USING btree (reg, number)

CREATE UNIQUE INDEX email_messages_token_key ON public.email_messages USING btree (token)

CREATE UNIQUE INDEX exclusions_pkey ON public.exclusions USING btree (nik, list, valid_from, load_id)

CREATE INDEX freed_places_free ON public.freed_places USING btree (province_code) WHERE (given_to IS NULL)

CREATE UNIQUE INDEX freed_places_pkey ON public.freed_places USING btree (freed_id)

CREATE UNIQUE INDEX instalment_transitions_pkey ON public.instalment_transitions USING btree (from_state, to_state)

CREATE UNIQUE INDEX instalments_nik_batch_kind_number_key ON public.instalments USING btree (nik, batch, kind, number)

CREATE UNIQUE INDEX instalments_pkey ON public.instalments USING btree (instalment_id)

CREATE INDEX instalments_run ON public.instalments USING btree (payout_run, instalment_id)

CREATE UNIQUE INDEX joins_pkey ON public.joins USING btree (batch, reg)

CREATE INDEX joins_reg ON public.joins USING btree (reg)

CREATE UNIQUE INDEX ledger_entries_pkey ON public.ledger_entries USING btree (entry_id)

CREATE INDEX ledger_entries_reference ON public.ledger_entries USING btree (reference)

CREATE INDEX ledger_returned ON public.ledger_entries USING btree (reference) WHERE (account = 'returned'::text)

CREATE UNIQUE INDEX loads_pkey ON public.loads USING btree (load_id)

CREATE UNIQUE INDEX malformed_niks_pkey ON public.malformed_niks USING btree (reg)

CREATE UNIQUE INDEX operators_pkey ON public.operators USING btree (name)

CREATE UNIQUE INDEX operators_token_sha256_key ON public.operators USING btree (token_sha256)

CREATE UNIQUE INDEX order_refusals_confirms_key ON public.order_refusals USING btree (confirms)

CREATE UNIQUE INDEX order_refusals_pkey ON public.order_refusals USING btree (refusal_id)

CREATE INDEX order_refusals_reference ON public.order_refusals USING btree (reference)

CREATE UNIQUE INDEX original_registrations_pkey ON public.original_registrations USING btree (reg)

CREATE UNIQUE INDEX otp_pkey ON public.otp USING btree (reg, phone, at, result)

CREATE INDEX participants_batch ON public.participants USING btree (batch)

CREATE UNIQUE INDEX participants_pkey ON public.participants USING btree (nik)

CREATE INDEX participants_reg ON public.participants USING btree (reg)

CREATE UNIQUE INDEX paying_accounts_pkey ON public.paying_accounts USING btree (account, route)

CREATE UNIQUE INDEX payment_holds_pkey ON public.payment_holds USING btree (nik)

CREATE UNIQUE INDEX payment_orders_instalment_id_order_number_key ON public.payment_orders USING btree (instalment_id, order_number)

CREATE UNIQUE INDEX payment_orders_pkey ON public.payment_orders USING btree (reference)

CREATE UNIQUE INDEX payout_approvals_pkey ON public.payout_approvals USING btree (payout_run, by)

CREATE UNIQUE INDEX payout_files_pkey ON public.payout_files USING btree (payout_run)

CREATE UNIQUE INDEX payout_reports_pkey ON public.payout_reports USING btree (sha256)

CREATE UNIQUE INDEX payout_runs_pkey ON public.payout_runs USING btree (payout_run)

CREATE UNIQUE INDEX people_pkey ON public.people USING btree (nik)

CREATE INDEX people_several ON public.people USING btree (nik) WHERE (registrations > 1)

CREATE UNIQUE INDEX policies_pkey ON public.policies USING btree (policy_id)

CREATE UNIQUE INDEX policies_version_key ON public.policies USING btree (version)

CREATE UNIQUE INDEX pool_batch_nik_key ON public.pool USING btree (batch, nik)

CREATE UNIQUE INDEX pool_pkey ON public.pool USING btree (batch, reg)

CREATE UNIQUE INDEX quarantine_pkey ON public.quarantine USING btree (load_id, line)

CREATE UNIQUE INDEX registrations_id ON public.registrations USING btree (registration_id)

CREATE INDEX registrations_nik ON public.registrations USING btree (nik)

CREATE UNIQUE INDEX registrations_pkey ON public.registrations USING btree (reg)

CREATE UNIQUE INDEX registry_answers_pkey ON public.registry_answers USING btree (nik, question)

CREATE UNIQUE INDEX rescue_candidates_pkey ON public.rescue_candidates USING btree (reg, number)

CREATE UNIQUE INDEX restores_pkey ON public.restores USING btree (restore_id)

CREATE UNIQUE INDEX revocation_grace_pkey ON public.revocation_grace USING btree (reg)

CREATE UNIQUE INDEX revocations_pkey ON public.revocations USING btree (revocation_id)

CREATE UNIQUE INDEX revocations_standing ON public.revocations USING btree (nik) WHERE (undone_at IS NULL)

CREATE UNIQUE INDEX runs_pkey ON public.runs USING btree (run_id)

CREATE UNIQUE INDEX schedule_ticks_pkey ON public.schedule_ticks USING btree (name, tick)

CREATE UNIQUE INDEX schedules_pkey ON public.schedules USING btree (name)

CREATE UNIQUE INDEX selections_batch_reg_key ON public.selections USING btree (batch, reg)

CREATE UNIQUE INDEX selections_pkey ON public.selections USING btree (batch, rank)

CREATE UNIQUE INDEX settings_pkey ON public.settings USING btree (key)

CREATE INDEX statement_lines_bulk ON public.statement_lines USING btree (bulk_id) WHERE ((reference IS NULL) AND (bulk_id IS NOT NULL))

CREATE UNIQUE INDEX statement_lines_pkey ON public.statement_lines USING btree (statement_id, line)

CREATE INDEX statement_lines_reference ON public.statement_lines USING btree (reference)

CREATE INDEX statement_lines_unreadable ON public.statement_lines USING btree (statement_id) WHERE (unreadable IS NOT NULL)

CREATE INDEX statements_account ON public.statements USING btree (account, to_date)

CREATE UNIQUE INDEX statements_pkey ON public.statements USING btree (statement_id)

CREATE UNIQUE INDEX statements_sha256_part_key ON public.statements USING btree (sha256, part)

CREATE UNIQUE INDEX touched_pkey ON public.touched USING btree (stage, reg)

CREATE UNIQUE INDEX training_pkey ON public.training USING btree (reg, batch, event, training_id)

CREATE INDEX verdict_history_reg ON public.verdict_history USING btree (reg)

CREATE UNIQUE INDEX verdicts_dedupe_pkey ON public.verdicts_dedupe USING btree (reg)

CREATE INDEX verdicts_dukcapil_due ON public.verdicts_dukcapil USING btree (due_at) WHERE (due_at IS NOT NULL)

CREATE UNIQUE INDEX verdicts_dukcapil_pkey ON public.verdicts_dukcapil USING btree (reg)

CREATE INDEX verdicts_dukcapil_waiting ON public.verdicts_dukcapil USING btree (outcome, reason) WHERE (outcome = ANY (ARRAY['waiting'::text, 'parked'::text]))

CREATE INDEX verdicts_email_due ON public.verdicts_email USING btree (due_at) WHERE (due_at IS NOT NULL)

CREATE UNIQUE INDEX verdicts_email_pkey ON public.verdicts_email USING btree (reg)

CREATE INDEX verdicts_email_waiting ON public.verdicts_email USING btree (outcome, reason) WHERE (outcome = ANY (ARRAY['waiting'::text, 'parked'::text]))

CREATE UNIQUE INDEX verdicts_layer3_pkey ON public.verdicts_layer3 USING btree (reg)

CREATE INDEX verdicts_layer3_waiting ON public.verdicts_layer3 USING btree (outcome, reason) WHERE (outcome = ANY (ARRAY['waiting'::text, 'parked'::text]))

CREATE UNIQUE INDEX whitelist_pkey ON public.whitelist USING btree (nik)

view exclusions_known
 SELECT DISTINCT ON (nik, list, valid_from) nik,
    list,
    valid_from,
    valid_to,
    load_id
   FROM exclusions
  ORDER BY nik, list, valid_from, load_id DESC;

view verdicts
 SELECT 'dedupe'::text AS stage,
    verdicts_dedupe.reg,
    verdicts_dedupe.outcome,
    verdicts_dedupe.reason,
    verdicts_dedupe.detail,
    verdicts_dedupe.decided_at,
    verdicts_dedupe.due_at,
    verdicts_dedupe.policy_id,
    verdicts_dedupe.chunk_id
   FROM verdicts_dedupe
UNION ALL
 SELECT 'email'::text AS stage,
    verdicts_email.reg,
    verdicts_email.outcome,
    verdicts_email.reason,
    verdicts_email.detail,
    verdicts_email.decided_at,
    verdicts_email.due_at,
    verdicts_email.policy_id,
    verdicts_email.chunk_id
   FROM verdicts_email
UNION ALL
 SELECT 'dukcapil'::text AS stage,
    verdicts_dukcapil.reg,
    verdicts_dukcapil.outcome,
    verdicts_dukcapil.reason,
    verdicts_dukcapil.detail,
    verdicts_dukcapil.decided_at,
    verdicts_dukcapil.due_at,
    verdicts_dukcapil.policy_id,
    verdicts_dukcapil.chunk_id
   FROM verdicts_dukcapil
UNION ALL
 SELECT 'layer3'::text AS stage,
    verdicts_layer3.reg,
    verdicts_layer3.outcome,
    verdicts_layer3.reason,
    verdicts_layer3.detail,
    verdicts_layer3.decided_at,
    verdicts_layer3.due_at,
    verdicts_layer3.policy_id,
    verdicts_layer3.chunk_id
   FROM verdicts_layer3;

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION never_changes()

CREATE TRIGGER bank_callbacks_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.bank_callbacks FOR EACH STATEMENT EXECUTE FUNCTION never_changes()

CREATE TRIGGER bulk_orders_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.bulk_orders FOR EACH STATEMENT EXECUTE FUNCTION never_changes()

CREATE TRIGGER closed_days_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.closed_days FOR EACH STATEMENT EXECUTE FUNCTION never_changes()

CREATE TRIGGER instalment_change BEFORE UPDATE ON public.instalments FOR EACH ROW WHEN ((((old.state <> new.state) AND (NOT (((old.state || '>'::text) || new.state) = ANY (ARRAY['due>prepared'::text, 'prepared>released'::text, 'released>submitting'::text, 'submitting>accepted'::text, 'submitting>unknown'::text, 'submitting>rejected'::text, 'accepted>paid'::text, 'unknown>accepted'::text, 'unknown>paid'::text, 'unknown>rejected'::text, 'unknown>submitting'::text, 'accepted>returned'::text, 'paid>returned'::text, 'accepted>rejected'::text, 'due>held'::text, 'prepared>held'::text, 'released>held'::text, 'submitting>held'::text, 'accepted>held'::text, 'unknown>held'::text, 'rejected>held'::text, 'returned>held'::text, 'held>due'::text])))) OR ((((((old.nik IS DISTINCT FROM new.nik) OR (old.reg IS DISTINCT FROM new.reg)) OR (old.batch IS DISTINCT FROM new.batch)) OR (old.kind IS DISTINCT FROM new.kind)) OR (old.number IS DISTINCT FROM new.number)) OR (old.amount_idr IS DISTINCT FROM new.amount_idr)))) EXECUTE FUNCTION instalment_change_is_legal()

CREATE TRIGGER ledger_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION never_changes()

CREATE TRIGGER ledger_balanced AFTER INSERT ON public.ledger_entries REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_balanced()

CREATE TRIGGER order_refusals_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.order_refusals FOR EACH STATEMENT EXECUTE FUNCTION never_changes()

CREATE TRIGGER payout_approvals_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.payout_approvals FOR EACH STATEMENT EXECUTE FUNCTION never_changes()

CREATE OR REPLACE FUNCTION public.instalment_change_is_legal()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if (old.nik, old.reg, old.batch, old.kind, old.number, old.amount_idr)
     is distinct from (new.nik, new.reg, new.batch, new.kind, new.number, new.amount_idr) then
    raise exception 'what an instalment is for never changes' using errcode = 'check_violation';
  end if;
  raise exception 'an instalment cannot go from % to %', old.state, new.state using errcode = 'check_violation';
end $function$

CREATE OR REPLACE FUNCTION public.ledger_is_balanced()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from added group by transaction_id having sum(debit_idr) <> sum(credit_idr)) then
    raise exception 'a ledger transaction does not balance' using errcode = 'check_violation';
  end if;
  return null;
end $function$

CREATE OR REPLACE FUNCTION public.never_changes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only: correct it with a new entry', tg_table_name using errcode = 'check_violation';
end $function$
