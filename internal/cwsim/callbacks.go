package cwsim

import (
	"net/url"
	"slices"
	"strings"
)

// callbackLevels are the levels that each type of callback can be registered for.
func callbackLevels() map[string]string {
	return map[string]string{
		"activity":       "owner,status,type,company,activity",
		"agreement":      "owner,type,company,agreement",
		"company":        "owner,status,type,territory,company,integratortag",
		"contact":        "owner,type,territory,company,contact",
		"configuration":  "owner,type,status,configuration",
		"invoice":        "owner,status,company,invoice",
		"expense":        "owner,chargetotype,type,class,company,expense",
		"member":         "owner,location,securityrole,member",
		"opportunity":    "owner,statusid,company,opportunity",
		"productcatalog": "owner",
		"project":        "owner,status,board,project",
		"purchaseorder":  "owner,status,vendor,company,purchaseorder",
		"schedule":       "owner,status,type,location,member,schedule",
		"site":           "owner",
		"ticket":         "owner,board,project,phase,status,ticket,integratortag",
		"time":           "owner,company,time",
	}
}

// callbackType is what callbacks call a table, where they have a name for it.
func callbackType(e *entity) string {
	switch e.name {
	case Catalog:
		return "productcatalog"
	case PurchaseOrders:
		return "purchaseorder"
	case ScheduleEntries:
		return "schedule"
	case TimeEntries:
		return "time"
	case ProjectTickets:
		return "ticket"
	}
	return e.object
}

// checkCallback refuses a registration that ConnectWise would refuse.
func (st *state) checkCallback(t *table, r *row) []validation {
	at := t.entity.index
	var out []validation
	if target := r.str(at["url"]); target != "" && !validTarget(target) {
		out = append(out, validation{Code: "InvalidField", Message: "Invalid URL", Field: "url"})
	}
	kind, level := strings.ToLower(r.str(at["type"])), strings.ToLower(r.str(at["level"]))
	if kind != "" && level != "" && !slices.Contains(strings.Split(callbackLevels()[kind], ","), level) {
		out = append(out, validation{
			Code: "InvalidObject", Message: "Unrecognized level for type, see documentation for supported levels for each type", Field: "level",
		})
	}
	if len(out) == 0 && slices.ContainsFunc(t.rows, func(other *row) bool { return sameCallback(t.entity, other, r) }) {
		out = append(out, validation{Code: "ObjectExists", Message: "A matching callback entry already exists", Field: "objectId"})
	}
	return out
}

func validTarget(target string) bool {
	u, err := url.Parse(target)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func sameCallback(e *entity, a, b *row) bool {
	if a.id == b.id {
		return false
	}
	for _, name := range []string{"url", "type", "level"} {
		if !strings.EqualFold(a.str(e.index[name]), b.str(e.index[name])) {
			return false
		}
	}
	return strings.EqualFold(a.str(e.index["level"]), "owner") || a.get(e.index["objectId"]) == b.get(e.index["objectId"])
}
