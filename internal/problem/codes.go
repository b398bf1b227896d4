package problem

// The codes. A code is never renamed or reused.
const (
	Internal     Code = "internal"
	BadRequest   Code = "bad_request"
	Unauthorized Code = "unauthorized"
	Forbidden    Code = "forbidden"
	NotFound     Code = "not_found"
	Conflict     Code = "conflict"
	TooLarge     Code = "too_large"
	Busy         Code = "busy"

	Stale            Code = "stale"              // If-Match names a state that somebody changed since
	MethodNotAllowed Code = "method_not_allowed" // the path exists, not with this method
	UnsupportedMedia Code = "unsupported_media"  // the body is not JSON

	// The connection.
	AddressInvalid      Code = "address_invalid"       // not a usable server URL
	AddressRefused      Code = "address_refused"       // resolves into a network we never call
	Unreachable         Code = "unreachable"           // no TCP/TLS/HTTP answer
	CompanyUnknown      Code = "company_unknown"       // companyinfo does not know the company id
	CredentialsRefused  Code = "credentials_refused"   // 401
	ClientIDRefused     Code = "client_id_refused"     // the vendor's clientId is not accepted
	PermissionMissing   Code = "permission_missing"    // 403
	ConnectWiseNotFound Code = "connectwise_not_found" // 404 for a record or a path
	ConnectWiseInvalid  Code = "connectwise_invalid"   // 400, 409, 415: ConnectWise refused the request
	ConnectWiseThrottle Code = "connectwise_throttled" // 429
	ConnectWiseDown     Code = "connectwise_down"      // 5xx, time-outs, cut connections
	ConnectWiseGarbled  Code = "connectwise_garbled"   // an answer that is not what the API promises: HTML, cut, too large
	NotConnected        Code = "not_connected"
	IdentityClaimed     Code = "identity_claimed" // another account writes to this ConnectWise company
	TestFailed          Code = "test_failed"      // the connection test did not pass, nothing was stored

	// Sync.
	Paused          Code = "paused"            // a person holds reading up
	ParentNotSynced Code = "parent_not_synced" // the parent type's run failed and never succeeded before
	FiltersChanged  Code = "filters_changed"   // a run was ended because the filters were changed
	NoProgress      Code = "no_progress"       // a shard failed again and again without moving
	BudgetExhausted Code = "budget_exhausted"  // the shared request budget is used up at present

	// Mapping.
	MappingInvalid Code = "mapping_invalid" // ConnectWise does not have, or not let use, what a mapping names

	// Posting.
	PostingStopped  Code = "posting_stopped"    // operators stopped all postings
	PostingNotSetUp Code = "posting_not_set_up" // the account has no time zone
)
