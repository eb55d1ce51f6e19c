BEGIN TRANSACTION;
CREATE TABLE advice (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	cabinet TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_advice PRIMARY KEY ("key")
);
CREATE TABLE alarms (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	state TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_alarms PRIMARY KEY ("key")
);
INSERT INTO "alarms" VALUES('al-1',1000,'offline','c1','raised','{"acknowledged_by":"","acknowledged_utc_ms":null,"alarm_id":"al-1","cleared_utc_ms":null,"cleared_why":"","kind":"offline","last_utc_ms":1000,"raised_utc_ms":1000,"severity":"warning","state":"raised","subject":"c1","text":"silent","times":1}','22cf07bc30137dc907a5fb2d430d55975f6418316bde03b0492e3b5e4d0e2215');
CREATE TABLE assignments (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	moves TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_assignments PRIMARY KEY ("key")
);
CREATE TABLE audit (
	n BIGINT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	actor TEXT NOT NULL,
	action TEXT NOT NULL,
	object TEXT NOT NULL,
	result TEXT NOT NULL,
	late BOOLEAN NOT NULL,
	prev_hash TEXT NOT NULL,
	hash TEXT NOT NULL,
	CONSTRAINT pk_audit PRIMARY KEY (n)
);
INSERT INTO "audit" VALUES(1,1000,'root','enrol feed','feed loops','loops',0,'0000000000000000000000000000000000000000000000000000000000000000','f4707e83885977de242565adad58f8877204f9fbe862fbc344c56862b9a0d79e');
INSERT INTO "audit" VALUES(2,2000,'ann','note','something','done',0,'f4707e83885977de242565adad58f8877204f9fbe862fbc344c56862b9a0d79e','9a1497cfe8be9c34ebb5e1dac1d99e9f3ff7d2b1379c167fa4b50a3739d0376b');
CREATE TABLE cabinets (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	district TEXT NOT NULL,
	corridor TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_cabinets PRIMARY KEY ("key")
);
CREATE TABLE calendar_events (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	district TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_calendar_events PRIMARY KEY ("key")
);
CREATE TABLE changes (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	state TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_changes PRIMARY KEY ("key")
);
CREATE TABLE city_minutes (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	roads_sha256 TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_city_minutes PRIMARY KEY ("key")
);
CREATE TABLE control_modes (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	mode TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_control_modes PRIMARY KEY ("key")
);
CREATE TABLE deliveries (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	cabinet TEXT NOT NULL,
	etag TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_deliveries PRIMARY KEY ("key")
);
CREATE TABLE diversions (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	state TEXT NOT NULL,
	road TEXT NOT NULL,
	incident TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_diversions PRIMARY KEY ("key")
);
CREATE TABLE faults (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	cabinet TEXT NOT NULL,
	facility TEXT NOT NULL,
	device TEXT NOT NULL,
	code TEXT NOT NULL,
	live TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_faults PRIMARY KEY ("key")
);
CREATE TABLE feeds (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	kind TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_feeds PRIMARY KEY ("key")
);
INSERT INTO "feeds" VALUES('loops',1000,'counts','{"enrolled_by":"root","enrolled_utc_ms":1000,"feed":"loops","kind":"counts","only":["r1"],"owner":"city","revoked_utc_ms":null}','184be391be54a7546e7c23f810111b7efa56b82e9a8dea40f2dc7383dd884f85');
CREATE TABLE group_flows (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	cabinet TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_group_flows PRIMARY KEY ("key")
);
CREATE TABLE guidance (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_guidance PRIMARY KEY ("key")
);
CREATE TABLE incidents (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	road TEXT NOT NULL,
	district TEXT NOT NULL,
	cabinet TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_incidents PRIMARY KEY ("key")
);
CREATE TABLE learnt (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_learnt PRIMARY KEY ("key")
);
CREATE TABLE leases (
	name TEXT NOT NULL,
	holder TEXT NOT NULL,
	epoch BIGINT NOT NULL,
	until_utc_ms BIGINT NOT NULL,
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE link_acks (
	cabinet TEXT NOT NULL,
	epoch BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	state TEXT NOT NULL,
	boot TEXT NOT NULL,
	digest TEXT NOT NULL,
	received_utc_ms BIGINT NOT NULL,
	CONSTRAINT pk_link_acks PRIMARY KEY (cabinet, epoch, revision, state)
);
CREATE TABLE link_batches (
	cabinet TEXT NOT NULL,
	boot TEXT NOT NULL,
	sequence BIGINT NOT NULL,
	digest TEXT NOT NULL,
	body BLOB NOT NULL,
	answer BLOB NOT NULL,
	received_utc_ms BIGINT NOT NULL,
	old BOOLEAN NOT NULL,
	late BOOLEAN NOT NULL,
	CONSTRAINT pk_link_batches PRIMARY KEY (cabinet, boot, sequence)
);
CREATE TABLE link_doubles (
	cabinet TEXT NOT NULL,
	boots TEXT NOT NULL,
	since_utc_ms BIGINT NOT NULL,
	why TEXT NOT NULL,
	CONSTRAINT pk_link_doubles PRIMARY KEY (cabinet)
);
CREATE TABLE link_gaps (
	cabinet TEXT NOT NULL,
	boot TEXT NOT NULL,
	first BIGINT NOT NULL,
	last BIGINT NOT NULL,
	reports BIGINT NOT NULL,
	CONSTRAINT pk_link_gaps PRIMARY KEY (cabinet, boot, first)
);
CREATE TABLE link_keys (
	cabinet TEXT NOT NULL,
	key_id TEXT NOT NULL,
	sealed TEXT NOT NULL,
	from_utc_ms BIGINT NOT NULL,
	until_utc_ms BIGINT,
	CONSTRAINT pk_link_keys PRIMARY KEY (cabinet, key_id)
);
CREATE TABLE link_nonces (
	cabinet TEXT NOT NULL,
	nonce TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	CONSTRAINT pk_link_nonces PRIMARY KEY (cabinet, nonce)
);
CREATE TABLE link_starts (
	cabinet TEXT NOT NULL,
	boot TEXT NOT NULL,
	first_stamp_utc_ms BIGINT NOT NULL,
	contiguous BIGINT NOT NULL,
	banned BOOLEAN NOT NULL,
	CONSTRAINT pk_link_starts PRIMARY KEY (cabinet, boot)
);
CREATE TABLE login_failures (
	name_sha256 TEXT NOT NULL,
	count BIGINT NOT NULL,
	last_utc_ms BIGINT NOT NULL,
	CONSTRAINT pk_login_failures PRIMARY KEY (name_sha256)
);
CREATE TABLE meta (
	"key" TEXT NOT NULL,
	value TEXT NOT NULL,
	CONSTRAINT pk_meta PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('epoch','1');
INSERT INTO "meta" VALUES('schema','2');
CREATE TABLE missions (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	state TEXT NOT NULL,
	unit TEXT NOT NULL,
	incident TEXT NOT NULL,
	ticket TEXT NOT NULL,
	response TEXT NOT NULL,
	district TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_missions PRIMARY KEY ("key")
);
CREATE TABLE networks (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_networks PRIMARY KEY ("key")
);
CREATE TABLE observations (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	feed TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_observations PRIMARY KEY ("key")
);
CREATE TABLE overrides (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	state TEXT NOT NULL,
	issuer TEXT NOT NULL,
	priced TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_overrides PRIMARY KEY ("key")
);
CREATE TABLE plans (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_plans PRIMARY KEY ("key")
);
CREATE TABLE response_orders (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	state TEXT NOT NULL,
	response TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_response_orders PRIMARY KEY ("key")
);
CREATE TABLE responses (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_responses PRIMARY KEY ("key")
);
CREATE TABLE roads (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_roads PRIMARY KEY ("key")
);
CREATE TABLE schedule_uses (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	live TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_schedule_uses PRIMARY KEY ("key")
);
CREATE TABLE schedules (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_schedules PRIMARY KEY ("key")
);
CREATE TABLE sessions (
	session_id TEXT NOT NULL,
	login TEXT NOT NULL,
	token_sha256 TEXT NOT NULL,
	token_ends_utc_ms BIGINT NOT NULL,
	begun_utc_ms BIGINT NOT NULL,
	address TEXT NOT NULL,
	browser BOOLEAN NOT NULL,
	second_factor_utc_ms BIGINT,
	old_sha256 TEXT NOT NULL,
	old_until_utc_ms BIGINT NOT NULL,
	astray TEXT NOT NULL,
	revoked_utc_ms BIGINT,
	CONSTRAINT pk_sessions PRIMARY KEY (session_id)
);
CREATE TABLE shadow_totals (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	cabinet TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_shadow_totals PRIMARY KEY ("key")
);
CREATE TABLE tickets (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	facility TEXT NOT NULL,
	cabinet TEXT NOT NULL,
	device TEXT NOT NULL,
	state TEXT NOT NULL,
	fault TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_tickets PRIMARY KEY ("key")
);
CREATE TABLE unit_documents (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_unit_documents PRIMARY KEY ("key")
);
CREATE TABLE unit_positions (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_unit_positions PRIMARY KEY ("key")
);
CREATE TABLE units (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	district TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_units PRIMARY KEY ("key")
);
INSERT INTO "units" VALUES('p1',0,'patrol','free','','{"device":"","district":"","equipment":[],"home":[120.1,30.2],"kind":"patrol","mission":"","note":"","shifts":[],"since_utc_ms":0,"skills":[],"state":"free","time_factor":1.0,"unit":"p1","vehicle":""}','17c8902e52333b1deb6f27b41e0bcfe0dcf217b282ecb9efd1f696fcbfceb7d9');
CREATE TABLE users (
	login TEXT NOT NULL,
	role TEXT NOT NULL,
	district TEXT,
	made_utc_ms BIGINT NOT NULL,
	password TEXT NOT NULL,
	totp TEXT NOT NULL,
	totp_offered TEXT NOT NULL,
	last_step BIGINT NOT NULL,
	invitation_sha256 TEXT NOT NULL,
	invitation_ends_utc_ms BIGINT NOT NULL,
	disabled BOOLEAN NOT NULL,
	CONSTRAINT pk_users PRIMARY KEY (login)
);
CREATE TABLE usual_days (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	roads_sha256 TEXT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_usual_days PRIMARY KEY ("key")
);
CREATE TABLE weather (
	"key" TEXT NOT NULL,
	at_utc_ms BIGINT NOT NULL,
	document TEXT NOT NULL,
	document_sha256 TEXT NOT NULL,
	CONSTRAINT pk_weather PRIMARY KEY ("key")
);
CREATE INDEX ix_audit_actor ON audit (actor);
CREATE INDEX ix_audit_object ON audit (object);
CREATE INDEX ix_sessions_old_sha256 ON sessions (old_sha256);
CREATE INDEX ix_sessions_begun_utc_ms ON sessions (begun_utc_ms);
CREATE UNIQUE INDEX ix_sessions_token_sha256 ON sessions (token_sha256);
CREATE INDEX ix_sessions_login ON sessions (login);
CREATE INDEX ix_login_failures_last_utc_ms ON login_failures (last_utc_ms);
CREATE INDEX ix_cabinets_at_utc_ms ON cabinets (at_utc_ms);
CREATE INDEX ix_cabinets_district_at_utc_ms ON cabinets (district, at_utc_ms);
CREATE INDEX ix_cabinets_corridor_at_utc_ms ON cabinets (corridor, at_utc_ms);
CREATE INDEX ix_plans_at_utc_ms ON plans (at_utc_ms);
CREATE INDEX ix_plans_sha256_at_utc_ms ON plans (sha256, at_utc_ms);
CREATE INDEX ix_plans_name_at_utc_ms ON plans (name, at_utc_ms);
CREATE INDEX ix_schedules_at_utc_ms ON schedules (at_utc_ms);
CREATE INDEX ix_schedules_sha256_at_utc_ms ON schedules (sha256, at_utc_ms);
CREATE INDEX ix_schedules_name_at_utc_ms ON schedules (name, at_utc_ms);
CREATE INDEX ix_schedule_uses_live_at_utc_ms ON schedule_uses (live, at_utc_ms);
CREATE INDEX ix_schedule_uses_at_utc_ms ON schedule_uses (at_utc_ms);
CREATE INDEX ix_assignments_at_utc_ms ON assignments (at_utc_ms);
CREATE INDEX ix_assignments_moves_at_utc_ms ON assignments (moves, at_utc_ms);
CREATE INDEX ix_deliveries_cabinet_at_utc_ms ON deliveries (cabinet, at_utc_ms);
CREATE INDEX ix_deliveries_etag_at_utc_ms ON deliveries (etag, at_utc_ms);
CREATE INDEX ix_deliveries_at_utc_ms ON deliveries (at_utc_ms);
CREATE INDEX ix_changes_state_at_utc_ms ON changes (state, at_utc_ms);
CREATE INDEX ix_changes_at_utc_ms ON changes (at_utc_ms);
CREATE INDEX ix_overrides_at_utc_ms ON overrides (at_utc_ms);
CREATE INDEX ix_overrides_state_at_utc_ms ON overrides (state, at_utc_ms);
CREATE INDEX ix_overrides_priced_at_utc_ms ON overrides (priced, at_utc_ms);
CREATE INDEX ix_overrides_issuer_at_utc_ms ON overrides (issuer, at_utc_ms);
CREATE INDEX ix_alarms_kind_at_utc_ms ON alarms (kind, at_utc_ms);
CREATE INDEX ix_alarms_subject_at_utc_ms ON alarms (subject, at_utc_ms);
CREATE INDEX ix_alarms_at_utc_ms ON alarms (at_utc_ms);
CREATE INDEX ix_alarms_state_at_utc_ms ON alarms (state, at_utc_ms);
CREATE INDEX ix_faults_facility_at_utc_ms ON faults (facility, at_utc_ms);
CREATE INDEX ix_faults_device_at_utc_ms ON faults (device, at_utc_ms);
CREATE INDEX ix_faults_code_at_utc_ms ON faults (code, at_utc_ms);
CREATE INDEX ix_faults_at_utc_ms ON faults (at_utc_ms);
CREATE INDEX ix_faults_live_at_utc_ms ON faults (live, at_utc_ms);
CREATE INDEX ix_faults_cabinet_at_utc_ms ON faults (cabinet, at_utc_ms);
CREATE INDEX ix_tickets_device_at_utc_ms ON tickets (device, at_utc_ms);
CREATE INDEX ix_tickets_state_at_utc_ms ON tickets (state, at_utc_ms);
CREATE INDEX ix_tickets_at_utc_ms ON tickets (at_utc_ms);
CREATE INDEX ix_tickets_fault_at_utc_ms ON tickets (fault, at_utc_ms);
CREATE INDEX ix_tickets_facility_at_utc_ms ON tickets (facility, at_utc_ms);
CREATE INDEX ix_tickets_cabinet_at_utc_ms ON tickets (cabinet, at_utc_ms);
CREATE INDEX ix_control_modes_mode_at_utc_ms ON control_modes (mode, at_utc_ms);
CREATE INDEX ix_control_modes_at_utc_ms ON control_modes (at_utc_ms);
CREATE INDEX ix_advice_cabinet_at_utc_ms ON advice (cabinet, at_utc_ms);
CREATE INDEX ix_advice_at_utc_ms ON advice (at_utc_ms);
CREATE INDEX ix_shadow_totals_at_utc_ms ON shadow_totals (at_utc_ms);
CREATE INDEX ix_shadow_totals_cabinet_at_utc_ms ON shadow_totals (cabinet, at_utc_ms);
CREATE INDEX ix_group_flows_at_utc_ms ON group_flows (at_utc_ms);
CREATE INDEX ix_group_flows_cabinet_at_utc_ms ON group_flows (cabinet, at_utc_ms);
CREATE INDEX ix_networks_at_utc_ms ON networks (at_utc_ms);
CREATE INDEX ix_link_nonces_at_utc_ms ON link_nonces (at_utc_ms);
CREATE INDEX ix_link_batches_received_utc_ms ON link_batches (received_utc_ms);
CREATE INDEX ix_roads_at_utc_ms ON roads (at_utc_ms);
CREATE INDEX ix_feeds_at_utc_ms ON feeds (at_utc_ms);
CREATE INDEX ix_feeds_kind_at_utc_ms ON feeds (kind, at_utc_ms);
CREATE INDEX ix_observations_at_utc_ms ON observations (at_utc_ms);
CREATE INDEX ix_observations_feed_at_utc_ms ON observations (feed, at_utc_ms);
CREATE INDEX ix_city_minutes_roads_sha256_at_utc_ms ON city_minutes (roads_sha256, at_utc_ms);
CREATE INDEX ix_city_minutes_at_utc_ms ON city_minutes (at_utc_ms);
CREATE INDEX ix_weather_at_utc_ms ON weather (at_utc_ms);
CREATE INDEX ix_calendar_events_at_utc_ms ON calendar_events (at_utc_ms);
CREATE INDEX ix_calendar_events_district_at_utc_ms ON calendar_events (district, at_utc_ms);
CREATE INDEX ix_learnt_at_utc_ms ON learnt (at_utc_ms);
CREATE INDEX ix_incidents_state_at_utc_ms ON incidents (state, at_utc_ms);
CREATE INDEX ix_incidents_road_at_utc_ms ON incidents (road, at_utc_ms);
CREATE INDEX ix_incidents_district_at_utc_ms ON incidents (district, at_utc_ms);
CREATE INDEX ix_incidents_at_utc_ms ON incidents (at_utc_ms);
CREATE INDEX ix_incidents_cabinet_at_utc_ms ON incidents (cabinet, at_utc_ms);
CREATE INDEX ix_incidents_kind_at_utc_ms ON incidents (kind, at_utc_ms);
CREATE INDEX ix_usual_days_at_utc_ms ON usual_days (at_utc_ms);
CREATE INDEX ix_usual_days_roads_sha256_at_utc_ms ON usual_days (roads_sha256, at_utc_ms);
CREATE INDEX ix_diversions_road_at_utc_ms ON diversions (road, at_utc_ms);
CREATE INDEX ix_diversions_incident_at_utc_ms ON diversions (incident, at_utc_ms);
CREATE INDEX ix_diversions_at_utc_ms ON diversions (at_utc_ms);
CREATE INDEX ix_diversions_state_at_utc_ms ON diversions (state, at_utc_ms);
CREATE INDEX ix_guidance_at_utc_ms ON guidance (at_utc_ms);
CREATE INDEX ix_units_at_utc_ms ON units (at_utc_ms);
CREATE INDEX ix_units_district_at_utc_ms ON units (district, at_utc_ms);
CREATE INDEX ix_units_kind_at_utc_ms ON units (kind, at_utc_ms);
CREATE INDEX ix_units_state_at_utc_ms ON units (state, at_utc_ms);
CREATE INDEX ix_unit_positions_at_utc_ms ON unit_positions (at_utc_ms);
CREATE INDEX ix_unit_documents_at_utc_ms ON unit_documents (at_utc_ms);
CREATE INDEX ix_missions_response_at_utc_ms ON missions (response, at_utc_ms);
CREATE INDEX ix_missions_state_at_utc_ms ON missions (state, at_utc_ms);
CREATE INDEX ix_missions_district_at_utc_ms ON missions (district, at_utc_ms);
CREATE INDEX ix_missions_at_utc_ms ON missions (at_utc_ms);
CREATE INDEX ix_missions_unit_at_utc_ms ON missions (unit, at_utc_ms);
CREATE INDEX ix_missions_incident_at_utc_ms ON missions (incident, at_utc_ms);
CREATE INDEX ix_missions_ticket_at_utc_ms ON missions (ticket, at_utc_ms);
CREATE INDEX ix_responses_at_utc_ms ON responses (at_utc_ms);
CREATE INDEX ix_responses_name_at_utc_ms ON responses (name, at_utc_ms);
CREATE INDEX ix_responses_sha256_at_utc_ms ON responses (sha256, at_utc_ms);
CREATE INDEX ix_response_orders_state_at_utc_ms ON response_orders (state, at_utc_ms);
CREATE INDEX ix_response_orders_response_at_utc_ms ON response_orders (response, at_utc_ms);
CREATE INDEX ix_response_orders_at_utc_ms ON response_orders (at_utc_ms);
COMMIT;
