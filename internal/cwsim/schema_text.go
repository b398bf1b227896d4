package cwsim

import (
	"strconv"
	"strings"
)

// declared builds an entity from text: one word a field, "name:kind", with a ! after those that creating one needs. A kind is
// text or the greatest length of one, int, num, bool, time, guid, texts, ints, custom, the values of a choice joined by |,
// or a reference, @table. A day
// is a date whose time of day means nothing.
func declared(name, label, path, text string) *entity {
	var fields []field
	for word := range strings.FieldsSeq(text) {
		fields = append(fields, fieldOf(word))
	}
	return indexed(entity{name: name, label: label, object: strings.ToLower(label[:1]) + label[1:], path: path, fields: fields})
}

func fieldOf(word string) field {
	name, kindText, _ := strings.Cut(word, ":")
	kindText, required := strings.CutSuffix(kindText, "!")
	f := kindOf(name, kindText)
	f.required = required
	return f
}

func kindOf(name, text string) field {
	if table, ok := strings.CutPrefix(text, "@"); ok {
		return ref(name, refTo(table))
	}
	if n, err := strconv.Atoi(text); err == nil {
		return str(name, n)
	}
	if strings.Contains(text, "|") {
		return choice(name, strings.Split(text, "|")...)
	}
	switch text {
	case "custom":
		return customFields()
	case "questions":
		return objects(name, declared("questions", "ConfigurationQuestion", "", `
			answerId:int questionId:int question:text answer:text sequenceNumber:num numberOfDecimals:int fieldType:text requiredFlag:bool
			`).bare())
	}
	return field{name: name, kind: scalarKind(text)}
}

func scalarKind(text string) kind {
	switch text {
	case "int":
		return kindInt
	case "num":
		return kindNumber
	case "bool":
		return kindBool
	case "time":
		return kindTime
	case "day":
		return kindDay
	case "guid":
		return kindGUID
	case "texts":
		return kindStrings
	case "ints":
		return kindInts
	default:
		return kindString
	}
}

// refTo is how records refer to a table: with the record's id and name, unless the vendor's model of the reference differs.
func refTo(table string) refType {
	switch table {
	case "agreements":
		return to(Agreements, "agreement", "type")
	case "boards":
		return to(Boards, "board")
	case "catalog":
		return to(Catalog, "catalog", "identifier")
	case "companies":
		return to(Companies, "company", "identifier")
	case "countries":
		return to("countries", "country", "identifier")
	case "currencies":
		return toCurrency()
	case "invoiceGroupings":
		return to("invoiceGroupings", "invoiceGrouping", "description", "showPriceFlag", "showSubItemsFlag", "groupParentChildAdditionsFlag")
	case "invoices":
		return bare(Invoices, "invoice", "applyToType")
	case "ivItem":
		return bare(Catalog, "catalog", "identifier", "serializedFlag")
	case "members":
		return to(Members, "member", "identifier", "dailyCapacity")
	case "priorities":
		return to(Priorities, "priority", "level")
	case "salesOrders":
		return bare(SalesOrders, "order")
	case "scheduleSpans":
		return bare("scheduleSpans", "span", "identifier")
	case "scheduleTypes":
		return bare(scheduleTypes, "type", "identifier")
	case "systemDepartments":
		return to("systemDepartments", "department", "identifier")
	case "tickets":
		return bare(Tickets, "ticket", "summary")
	}
	return to(table, singular(table))
}

// bare is a reference that shows no name.
func bare(table, href string, fields ...string) refType {
	return refType{table: table, href: href, fields: append([]string{"id"}, fields...)}
}

func toCurrency() refType {
	return to("currencies", "currency", "symbol", "currencyCode", "decimalSeparator", "numberOfDecimals", "thousandsSeparator",
		"negativeParenthesesFlag", "displaySymbolFlag", "currencyIdentifier", "displayIdFlag", "rightAlign")
}

func singular(name string) string {
	for _, end := range [][2]string{{"ies", "y"}, {"sses", "ss"}, {"uses", "us"}, {"ches", "ch"}, {"s", ""}} {
		if stem, ok := strings.CutSuffix(name, end[0]); ok {
			return stem + end[1]
		}
	}
	return name
}

// titled names the field that references show as name.
func (e *entity) titled(by string) *entity {
	e.title = by
	return e
}

// bare is the entity without _info, as it is inside another.
func (e *entity) bare() *entity {
	return indexed(entity{name: e.name, label: e.label, object: e.object, plain: true, fields: e.fields[1 : len(e.fields)-1]})
}

// completed adds the tables that only references point at.
func completed(all map[string]*entity) map[string]*entity {
	for _, e := range entitiesWithRefs(all) {
		for i := range e.fields {
			to := e.fields[i].ref
			if to.table == "" || all[to.table] != nil {
				continue
			}
			var more []field
			for _, name := range to.fields {
				if name != "id" && name != "name" {
					more = append(more, field{name: name, kind: kindString})
				}
			}
			all[to.table] = named(to.table, "/system/"+to.table, more...)
		}
	}
	return all
}

func entitiesWithRefs(all map[string]*entity) []*entity {
	out := make([]*entity, 0, len(all))
	for _, e := range all {
		out = append(out, e)
	}
	return out
}
