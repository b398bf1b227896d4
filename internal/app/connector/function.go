package connector

import (
	"log/slog"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/psa"
)

// ForFunction makes the Connector of a function. People wait at the other end
// of class dynamo.People, so it may use the slot that is kept for them. own
// bounds the requests at once of one process; 0 leaves that to the slots.
func ForFunction(cfg app.Config, store *dynamo.Store, vault Vault, class dynamo.Class, own int, log *slog.Logger) *Connector {
	return New(Config{
		Connections: store.Setup(), Vault: vault, ClientID: cfg.ConnectWiseClientID, Version: cfg.ConnectWiseAPIVersion,
		UserAgent: cfg.UserAgent(), AllowLoopback: cfg.AllowLoopback, Log: log,
		Budget: func(id psa.Identity) Budget { return store.Budget(id, class, dynamo.BudgetOptions{Own: own}) },
	})
}
