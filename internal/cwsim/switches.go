package cwsim

import (
	"maps"
	"time"
)

// Switches choose one of several behaviours. The zero value is a good default for each.
type Switches struct {
	// InfoWithoutAuth answers /system/info to anybody.
	InfoWithoutAuth bool `json:"infoWithoutAuth"`
	// ClientIDStatus answers a missing or unknown clientId: 400 (the default), 401 or 403.
	ClientIDStatus int `json:"clientIdStatus"`
	// RouterHidesUnauthorized answers wrong credentials on the v4_6_release path with 404.
	RouterHidesUnauthorized bool `json:"routerHidesUnauthorized"`
	// UnknownCompany404 makes companyinfo answer 404 instead of null.
	UnknownCompany404 bool `json:"unknownCompany404"`
	// IsCloudAsText makes companyinfo send "True" instead of true.
	IsCloudAsText bool `json:"isCloudAsText"`
	// SiteURL is companyinfo's SiteUrl; empty leaves the member out.
	SiteURL string `json:"siteUrl"`
	// MaxPageSize caps pages lower than 1000, silently.
	MaxPageSize int `json:"maxPageSize"`
	// NoForwardOnly names endpoints that do not support forward-only paging, by path such as /company/contacts. The value
	// "refuse" answers 400, any other ignores the header and sends no Link.
	NoForwardOnly map[string]string `json:"noForwardOnly"`
	// CompanyTypeConditions accepts type/id and type/name in conditions on companies.
	CompanyTypeConditions bool `json:"companyTypeConditions"`
	// BackslashEscapes makes a backslash escape the next character inside strings of conditions.
	BackslashEscapes bool `json:"backslashEscapes"`
	// EqualsWildcard makes * a wildcard after = too.
	EqualsWildcard bool `json:"equalsWildcard"`
	// OpenTableSetup lets every role read setup tables.
	OpenTableSetup bool `json:"openTableSetup"`
	// CallbacksNeedTableSetup asks for Table Setup on /system/callbacks (Edit for changes).
	CallbacksNeedTableSetup bool `json:"callbacksNeedTableSetup"`
	// TypesTouchCompany makes a change of a company's types change its lastUpdated.
	TypesTouchCompany bool `json:"typesTouchCompany"`
	// CustomFieldsCleared makes a PATCH of customFields clear the values of entries that it leaves out.
	CustomFieldsCleared bool `json:"customFieldsCleared"`
	// HardDelete makes DELETE of a company remove it instead of setting deletedFlag.
	HardDelete bool `json:"hardDelete"`
	// RatePerMinute answers 429 beyond this number of requests a minute; 0 is no limit.
	RatePerMinute int `json:"ratePerMinute"`
	// HTML429 answers 429 with a page instead of JSON, as a proxy in front of the API does.
	HTML429 bool `json:"html429"`
	// DeliverCallbacks sends callbacks when records change.
	DeliverCallbacks bool `json:"deliverCallbacks"`
	// Points holds the answers to what public material leaves open, by the names that the function Points lists.
	Points map[string]string `json:"points"`

	// DateSkew is by how many seconds the Date header is ahead of the clock that stamps records; NoDate leaves it out.
	DateSkew int  `json:"dateSkew"`
	NoDate   bool `json:"noDate"`
	// ForbiddenIs404 answers a missing permission with 404 instead of 403.
	ForbiddenIs404 bool `json:"forbiddenIs404"`
	// NoRetryAfter leaves Retry-After out of 429.
	NoRetryAfter bool `json:"noRetryAfter"`
	// PatchNeedsCustomFields refuses a PATCH without customFields where a record may have some.
	PatchNeedsCustomFields bool `json:"patchNeedsCustomFields"`

	// CallbackSpacing posts callbacks with white space that no serialiser would put there.
	CallbackSpacing bool `json:"callbackSpacing"`
	// CallbackSignature is "" for a right one, "wrong" or "none".
	CallbackSignature string `json:"callbackSignature"`
	// KeyFault is how the signing key is served: "" as it should be, "missing" (404), "error" (500), "slow" (nothing for a minute),
	// "huge", or "redirect" to another address that has it.
	KeyFault string `json:"keyFault"`
	// KeyURL takes the place of the address that callbacks name for their key.
	KeyURL string `json:"keyUrl"`

	asked *questions // nil unless somebody wants to know
}

// civil is the day that a date in a body means, where the time of day and the zone that it is sent with count.
func (sw *Switches) civil(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || !sw.point(DateZone, "serverZone") {
		return text
	}
	return day(t.Add(-zoneWest)).day()
}

// zoneWest is how far west of Greenwich the server is.
const zoneWest = 5 * time.Hour

// clone copies switches, so that those in force never change under a reader.
func (sw Switches) clone() Switches {
	sw.NoForwardOnly = maps.Clone(sw.NoForwardOnly)
	sw.Points = maps.Clone(sw.Points)
	return sw
}
