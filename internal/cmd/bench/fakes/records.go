package fakes

import "strconv"

// Company appends a company of about three kilobytes with the fields that are
// kept, the way ConnectWise writes them: references have links, and there is
// more of those than of anything else.
func Company(dst []byte, id int, changed bool) []byte {
	r := record{b: append(dst, `{"id":`...), id: id}
	r.b = strconv.AppendInt(r.b, int64(id), 10)
	r.text("identifier", "Company"+strconv.Itoa(id))
	name := "Søndergaard & Fils " + strconv.Itoa(id) + " Ltd."
	if changed {
		name += " (moved)"
	}
	r.text("name", name)
	r.ref("status", "company/companies/statuses", id%5+1, "Active")
	r.list("types", "company/companies/types", id%4+1, "Client", id%7+5, "Managed Services")
	r.address(id)
	r.text("phoneNumber", "555"+strconv.Itoa(1000000+id))
	r.text("faxNumber", "")
	r.text("website", "www.company-"+strconv.Itoa(id)+".example.com")
	r.ref("territory", "system/locations", id%9+1, "North East")
	r.ref("market", "company/marketDescriptions", id%6+1, "Manufacturing")
	r.text("accountNumber", "A-"+strconv.Itoa(500000+id))
	r.ref("defaultContact", "company/contacts", 2*id, "Ada Lovelace "+strconv.Itoa(id))
	r.ref("timeZoneSetup", "system/timeZoneSetups", id%3+1, "GMT-5/Eastern Time: US & Canada")
	r.b = append(r.b, `,"leadFlag":false,"isVendorFlag":false,"deletedFlag":false`...)
	r.custom(id, 5)
	r.info("company/companies", changed, "contacts", "agreements", "tickets", "opportunities", "activities", "projects",
		"configurations", "orders", "documents", "sites", "teams", "reports", "notes")
	return append(r.b, '}')
}

// Contact appends a contact of one of the companies.
func Contact(dst []byte, id int, changed bool) []byte {
	r := record{b: append(dst, `{"id":`...), id: id}
	r.b = strconv.AppendInt(r.b, int64(id), 10)
	r.text("firstName", "Grace "+strconv.Itoa(id))
	r.text("lastName", "Hopper")
	r.ref("company", "company/companies", id%1000+1, "Company "+strconv.Itoa(id%1000+1))
	r.text("title", "Manager")
	r.address(id)
	r.text("defaultPhoneNbr", "555"+strconv.Itoa(1000000+id))
	r.b = append(r.b, `,"inactiveFlag":false,"defaultFlag":false`...)
	r.custom(id, 1)
	r.info("company/contacts", changed, "communications", "notes", "tracks")
	return append(r.b, '}')
}

// Configuration appends a configuration of one of the companies.
func Configuration(dst []byte, id int, changed bool) []byte {
	r := record{b: append(dst, `{"id":`...), id: id}
	r.b = strconv.AppendInt(r.b, int64(id), 10)
	r.text("name", "SRV-"+strconv.Itoa(id))
	r.ref("type", "company/configurations/types", id%9+1, "Managed Server")
	r.ref("status", "company/configurations/statuses", id%3+1, "Active")
	r.ref("company", "company/companies", id%1000+1, "Company "+strconv.Itoa(id%1000+1))
	r.text("serialNumber", "SN"+strconv.Itoa(id*7))
	r.text("osType", "Windows Server 2022 Standard")
	r.text("ipAddress", "10.1."+strconv.Itoa(id%250)+"."+strconv.Itoa(id/250%250))
	r.b = append(r.b, `,"activeFlag":true,"billFlag":false`...)
	r.custom(id, 1)
	r.info("company/configurations", changed, "notes", "documents")
	return append(r.b, '}')
}

// record is a record that is being written.
type record struct {
	b  []byte
	id int
}

const site = "https://api-na.example.com/v4_6_release/apis/3.0/"

func (r *record) text(name, value string) {
	r.b = append(append(append(r.b, `,"`...), name...), `":"`...)
	r.b = append(append(r.b, value...), '"')
}

func (r *record) ref(name, path string, id int, value string) {
	r.b = append(append(append(r.b, `,"`...), name...), `":`...)
	r.reference(path, id, value)
}

func (r *record) reference(path string, id int, value string) {
	r.b = strconv.AppendInt(append(r.b, `{"id":`...), int64(id), 10)
	r.text("name", value)
	r.b = append(append(append(r.b, `,"_info":{"href":"`...), site...), path...)
	r.b = append(strconv.AppendInt(append(r.b, '/'), int64(id), 10), `"}}`...)
}

func (r *record) list(name, path string, id1 int, v1 string, id2 int, v2 string) {
	r.b = append(append(append(r.b, `,"`...), name...), `":[`...)
	r.reference(path, id1, v1)
	r.b = append(r.b, ',')
	r.reference(path, id2, v2)
	r.b = append(r.b, ']')
}

func (r *record) address(id int) {
	r.text("addressLine1", strconv.Itoa(id%999)+" High Street")
	r.text("addressLine2", "Suite "+strconv.Itoa(id%77))
	r.text("city", "Springfield")
	r.text("state", "IL")
	r.text("zip", strconv.Itoa(10000+id%89999))
	r.ref("country", "company/countries", id%30+1, "United States")
}

func (r *record) custom(id, n int) {
	r.b = append(r.b, `,"customFields":[`...)
	for i := range n {
		if i > 0 {
			r.b = append(r.b, ',')
		}
		r.b = strconv.AppendInt(append(r.b, `{"id":`...), int64(i+1), 10)
		r.text("caption", "Account Tier "+strconv.Itoa(i))
		r.b = append(r.b, `,"type":"Text","entryMethod":"List","numberOfDecimals":0`...)
		r.text("value", "Gold "+strconv.Itoa(id%13))
		r.b = append(r.b, '}')
	}
	r.b = append(r.b, ']')
}

func (r *record) info(path string, changed bool, links ...string) {
	updated := "2024-03-05T06:07:08Z"
	if changed {
		updated = "2035-01-01T00:00:00Z"
	}
	r.b = append(append(append(r.b, `,"_info":{"lastUpdated":"`...), updated...), '"')
	r.text("updatedBy", "grace")
	r.text("dateEntered", "2020-01-02T03:04:05Z")
	r.text("enteredBy", "ada")
	for _, l := range links {
		r.text(l+"_href", site+path+"/"+strconv.Itoa(r.id)+"/"+l+"?conditions=company/id="+strconv.Itoa(r.id))
	}
	r.b = append(r.b, '}')
}
