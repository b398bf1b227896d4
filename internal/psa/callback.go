package psa

// CallbackEndpoint is what the receiver checks a delivery against, by the
// connection id in the callback URL.
type CallbackEndpoint struct {
	ConnectionID string
	Scope        Scope
	// CompanyID is ConnectWise's login company, as deliveries name it.
	CompanyID string
	// TokenHashes are SHA-256 of the tokens that are valid now, hex; more
	// than one while a repair replaces the URL.
	TokenHashes []string
	// Paused says that reading is held up: when it goes on, a run reads what
	// was added or updated meanwhile.
	Paused bool
}
