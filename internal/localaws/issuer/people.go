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
	partner := func(id, name, account, role, about string) Person {
		return Person{ID: id, Name: name, About: about, Account: account, Kind: "partner", Roles: []string{role}}
	}
	return []Person{
		partner("admin", "Ada Admin", "demo-msp", "admin", "Admin of the MSP demo-msp"),
		partner("member", "Max Member", "demo-msp", "member", "Member of the MSP demo-msp: may look, not change"),
		{
			ID: "customer", Name: "Cleo Customer", About: "End customer of demo-msp: sees nothing",
			Account: "demo-customer", Kind: "customer", Roles: []string{"admin"},
		},
		partner("other-admin", "Otto Other", "other-msp", "admin", "Admin of another MSP, other-msp"),
		partner("support", "Sam Support", "vendor", "support", "The vendor's support: looks, audited"),
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
