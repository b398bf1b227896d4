package cwsim

// vocabulary is what demo records are made of.
type vocabulary struct {
	first, last, trades, forms, cities, streets, titles, members, odd, devices, systems, deals, wares []string
	setups                                                                                            map[string][]string
}

func words() vocabulary {
	return vocabulary{
		first: []string{
			"Ada", "Alan", "Barbara", "Chloé", "Dmitri", "Edsger", "Frances", "Grace", "Hedy", "Ivan", "Jürgen", "Katherine", "Linus",
			"Margaret", "Niklaus", "Ólafur", "Радия", "Shafi", "山田", "Tim", "Ursula", "Vint", "Whitfield", "Xu", "Yvonne", "משה", "محمد",
		},
		last: []string{
			"Abbott", "Bauer", "Castillo", "D'Angelo", "Eriksson", "Fischer", "García", "Hansen", "Ito", "Jackson", "Kowalski",
			"Lefèvre",
			"Müller", "Nguyen", "O'Brien", "Petrov", "Quinn", "Rossi", "Smith-Jones", "Tanaka", "Umarov", "van der Berg", "Weiß", "Yılmaz", "Zhang",
		},
		trades: []string{
			"Dental", "Logistics", "Legal", "Architects", "Foods", "Clinics", "Insurance", "Motors", "Bakery", "Software", "Plumbing",
			"Media", "Capital", "Farms",
		},
		forms:   []string{"Ltd.", "LLC", "Inc.", "GmbH", "S.A.", "& Sons", "Group", "Co.", "Partners", "AG"},
		cities:  []string{"Tampa", "Boston", "London", "Paris", "Zürich", "Tel Aviv", "Osaka", "São Paulo", "Kraków", "St. John's"},
		streets: []string{"Main Street", "Elm Avenue", "Rue de l'Église", "Hauptstraße", "King's Road", "5th Ave #12", "Плющиха"},
		titles:  []string{"Owner", "Office Manager", "CFO", "IT Admin", "Réceptionniste", "Head of \"Everything\"", "VP, Sales & Marketing"},
		devices: []string{"WS", "SRV", "FW", "PRN", "NB-Büro", "AP"},
		systems: []string{"Windows 11 Pro", "Windows Server 2022", "macOS 15", "Ubuntu 24.04", "FortiOS"},
		deals: []string{
			"Firewall refresh", "E-mail security", "Office move", "Awareness training", "Backup for 25 seats", "Wi-Fi survey", "Mailbox full",
			"Migration à l'étranger", "New hire",
		},
		wares:   []string{"Backup", "Firewall", "Licence", "Awareness", "Monitoring", "Câble", "Storage"},
		members: []string{"amanager", "gowner", "ltech", "PsabridgeAPI"},
		odd: []string{
			"Joe's \"Best\" Pizza & Grill", `Back\slash \\ Brothers`, "100% Organic * Wild", "[Brackets] (and) {braces}",
			"<script>alert(1)</script>",
			"Crêperie Œuf & Ærø 🥞🇫🇷", "👩‍👩‍👧‍👦 Family Care", "שלום ייעוץ בע״מ", "شركة النور", "株式会社テスト", "null", "NULL", "true", "0", "' OR 1=1 --",
			"tab\tand\nnewline", "  spaces around  ", "Ze\u200bro\u200dwidth", "a/b?c=d&e=f#g", "Ünïcödé NFD: e\u0301", "=cmd|'/c calc'!A1",
		},
		setups: map[string][]string{
			"countries":          {"United States", "United Kingdom", "France", "Israel", "Japan"},
			"currencies":         {"US Dollars", "Euro"},
			"communicationTypes": {"Email", "Direct", "Fax", "Mobile"},
			"sites":              {"Main", "Branch"},
			"relationships":      {"Customer"},
			"departments":        {"IT", "Finance"},
			"structureLevels":    {"Location"},
			"taxCodes":           {"Tax exempt", "FL State"},
			"billingTerms":       {"Net 30", "Due on receipt"},
			"timeZones":          {"US Eastern", "Central Europe"},
			"calendars":          {"Standard"},
			"ownershipTypes":     {"Private", "Public"},
			"entityTypes":        {"Corporation"},
			"sicCodes":           {"7371"},
			"invoiceTemplates":   {"Standard"},
			"pricingSchedules":   {"Standard"},
			"billingDeliveries":  {"Mail", "Email"},
			"emailTemplates":     {"Standard"},
			"tracks":             {"Onboarding"},
			"documents":          {"Portrait"},
		},
	}
}

// smallSetups are tables that agreements, products and the service desk refer to.
func (vocabulary) smallSetups() map[string][]string {
	return map[string][]string{
		"productTypes": {"Service", "Software", "Hardware"}, "unitsOfMeasure": {"Each", "Hour"}, "projectStatuses": {"Open", "Closed"},
		orderStatuses: {"Open", "Shipped"}, "purchaseOrderStatuses": {"Open"}, scheduleTypes: {"Service", "Sales"}, "noteTypes": {"Comment"},
		"teamRoles": {"Account manager"}, "groups": {"Newsletter", "Beta testers"}, "systemDepartments": {"Services"},
		"billingStatuses": {"New", "Closed"}, "slas": {"Standard"}, "manufacturers": {"ACME"}, "invoiceGroupings": {"Licences"},
	}
}
