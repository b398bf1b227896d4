package issuer

import "slices"

// Person is somebody that one can sign in as.
type Person struct {
	ID, Name, About string

	Account, Kind string
	Roles         []string
}

// People are the demo people.
func People() []Person {
	return []Person{
		{ID: "admin", Name: "Ada Admin", About: "Admin of the MSP demo-msp", Account: "demo-msp", Kind: "partner", Roles: []string{"admin"}},
		{ID: "member", Name: "Max Member", About: "Member of the MSP demo-msp: may look, not change", Account: "demo-msp", Kind: "partner", Roles: []string{"member"}},
		{ID: "customer", Name: "Cleo Customer", About: "End customer of demo-msp: sees nothing", Account: "demo-customer", Kind: "customer", Roles: []string{"admin"}},
		{ID: "other-admin", Name: "Otto Other", About: "Admin of another MSP, other-msp", Account: "other-msp", Kind: "partner", Roles: []string{"admin"}},
		{ID: "support", Name: "Sam Support", About: "The vendor's support: looks, audited", Account: "vendor", Kind: "partner", Roles: []string{"support"}},
	}
}

func findPerson(id string) (Person, bool) {
	all := People()
	i := slices.IndexFunc(all, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Person{}, false
	}
	return all[i], true
}

func (p Person) claims() map[string]any {
	return map[string]any{
		"sub": "demo-" + p.ID, "name": p.Name, "email": p.ID + "@" + p.Account + ".example",
		"account": p.Account, "kind": p.Kind, "roles": p.Roles,
	}
}
