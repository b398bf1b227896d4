package httpapi

import (
	"time"

	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/setup"
)

// Endpoint is a ConnectWise as it was found.
type Endpoint struct {
	ServerURL string `json:"serverUrl" doc:"The address as cleaned."`
	Site      string `json:"site" doc:"The host that people log in to."`
	CompanyID string `json:"companyId" doc:"The login company."`
	Version   string `json:"version,omitempty" doc:"ConnectWise's version."`
	TimeZone  string `json:"timeZone,omitempty" doc:"The server's time zone, as ConnectWise calls it."`
}

func endpointOf(e setup.Endpoint) Endpoint {
	return Endpoint{
		ServerURL: e.ServerURL, Site: e.Identity.Site, CompanyID: e.Identity.CompanyID,
		Version: e.Version, TimeZone: e.ServerTimeZone,
	}
}

// Connection is what an account has. Keys are never in it.
type Connection struct {
	State   string   `json:"state" enum:"none,draft,enabled" doc:"none: nothing yet; draft: saved and not enabled."`
	Enabled *Enabled `json:"enabled,omitempty" doc:"The connection in use."`
	Draft   *Draft   `json:"draft,omitempty" doc:"One that was tested and waits to be enabled."`
	Former  *Former  `json:"former,omitempty" doc:"The last one that was taken down, while there is something to say of it."`
}

// Enabled is the connection in use.
type Enabled struct {
	Endpoint

	ID        string    `json:"id"`
	Types     []string  `json:"types" nullable:"false" doc:"The data types that are synced."`
	Filter    Filter    `json:"filter" doc:"Which companies are synced."`
	EnabledBy string    `json:"enabledBy"`
	EnabledAt time.Time `json:"enabledAt"`
	KeysBy    string    `json:"keysBy" doc:"Who gave the present keys."`
	KeysAt    time.Time `json:"keysAt" doc:"When the present keys were given."`
	Callbacks Callbacks `json:"callbacks"`
	Pause     Pause     `json:"pause"`
}

// Callbacks says whether ConnectWise tells us of changes at once.
type Callbacks struct {
	State   string         `json:"state" enum:"none,registering,registered,failed"`
	At      *time.Time     `json:"at,omitempty" doc:"Since when."`
	Warning *Warning       `json:"warning,omitempty"`
	Types   []TypeCallback `json:"types,omitempty" nullable:"false" doc:"How each type's callback was found when it was looked at last."`
}

// TypeCallback says how ConnectWise's calls for one data type stand.
type TypeCallback struct {
	Type         string     `json:"type"`
	State        string     `json:"state" enum:"active,missing,inactive,changed"`
	Since        *time.Time `json:"since,omitempty" doc:"When it was first found so."`
	RegisteredAt *time.Time `json:"registeredAt,omitempty" doc:"When it was first active."`
	RepairedAt   *time.Time `json:"repairedAt,omitempty" doc:"When it was last put right."`
	Repairs      int        `json:"repairs" doc:"How often it was."`
}

// Warning did not stop anything.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

// Draft is a tested connection that waits to be enabled.
type Draft struct {
	Endpoint

	Types     []string  `json:"types" nullable:"false"`
	Filter    Filter    `json:"filter"`
	SavedBy   string    `json:"savedBy"`
	SavedAt   time.Time `json:"savedAt"`
	ExpiresAt time.Time `json:"expiresAt" doc:"When it is removed if nobody enables it."`
}

func connectionOf(st setup.Status) Connection {
	out := Connection{State: string(st.State), Former: formerOf(st)}
	if c := st.Connection; c != nil {
		out.Enabled = &Enabled{
			Endpoint: endpointOf(c.Endpoint), ID: c.ID, Types: typeNames(c.Types), Filter: Filter(c.Filter), EnabledBy: c.EnabledBy,
			EnabledAt: c.EnabledAt.UTC(), KeysBy: c.KeysBy, KeysAt: c.KeysAt.UTC(), Callbacks: callbacksOf(c.Callbacks),
			Pause: pauseOf(c.Pause),
		}
	}
	if d := st.Draft; d != nil {
		out.Draft = &Draft{
			Endpoint: endpointOf(d.Endpoint), Types: typeNames(d.Types), Filter: Filter(d.Filter), SavedBy: d.SavedBy,
			SavedAt: d.SavedAt.UTC(), ExpiresAt: d.ExpiresAt.UTC(),
		}
	}
	return out
}

func callbacksOf(c setup.Callbacks) Callbacks {
	out := Callbacks{State: string(c.State), At: optional(c.At)}
	if c.State == "" {
		out.State = "none"
	}
	if c.Warning != nil {
		w := warningOf(*c.Warning)
		out.Warning = &w
	}
	out.Types, _ = listOf(c.Types, "", func(t setup.TypeCallback) TypeCallback {
		return TypeCallback{
			Type: string(t.Type), State: string(t.State), Since: optional(t.Since), RegisteredAt: optional(t.RegisteredAt),
			RepairedAt: optional(t.RepairedAt), Repairs: t.Repairs,
		}
	})
	return out
}

func warningOf(w setup.Warning) Warning {
	return Warning{Code: string(w.Code), Message: w.Message, Remedy: w.Remedy}
}

// Report is a connection test's findings.
type Report struct {
	OK       bool      `json:"ok" doc:"Whether all required checks passed."`
	Checks   []Check   `json:"checks" nullable:"false"`
	Rights   []Right   `json:"rights" nullable:"false" doc:"The permission matrix: every right that the chosen features need. It does not decide ok."`
	Losses   []Loss    `json:"losses" nullable:"false" doc:"What the missing rights cost, feature by feature."`
	Endpoint *Endpoint `json:"endpoint,omitempty" doc:"What was found, if it was."`
}

// Check is one step of the test.
type Check struct {
	Name     string    `json:"name" enum:"address,reachable,company,system_info,credentials,permission"`
	Type     string    `json:"type,omitempty" doc:"The data type of a permission check."`
	Status   string    `json:"status" enum:"pass,fail,skipped" doc:"pass is only said of what was seen to work."`
	Required bool      `json:"required" doc:"Whether it must pass before anything is stored."`
	Detail   string    `json:"detail"`
	Remedy   string    `json:"remedy,omitempty"`
	Code     string    `json:"code,omitempty"`
	Notices  []string  `json:"notices" nullable:"false" doc:"What was changed in what was entered."`
	Visible  *int      `json:"visible,omitempty" doc:"How many records the API member sees."`
	Unproven string    `json:"unproven,omitempty" doc:"What a pass does not show."`
	At       time.Time `json:"at"`
}

func reportOf(r setup.Report) Report {
	out := Report{OK: r.OK, Checks: make([]Check, 0, len(r.Checks))}
	for _, c := range r.Checks {
		out.Checks = append(out.Checks, Check{
			Name: c.Name, Type: string(c.Type), Status: string(c.Status), Required: c.Required, Detail: c.Detail,
			Remedy: c.Remedy, Code: string(c.Code), Notices: orEmpty(c.Notices), Visible: c.Visible,
			Unproven: c.Unproven, At: c.At.UTC(),
		})
	}
	out.Rights, _ = listOf(r.Rights, "", rightOf)
	out.Losses, _ = listOf(permission.Losses(r.Rights), "", lossOf)
	if r.Endpoint != nil {
		e := endpointOf(*r.Endpoint)
		out.Endpoint = &e
	}
	return out
}
