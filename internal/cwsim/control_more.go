package cwsim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// pointInForce is a point as the control interface shows it.
type pointInForce struct {
	Point

	Value string `json:"value"`
}

func (s *Simulator) controlPoints(read bool, body []byte) (any, error) {
	if !read {
		var change map[string]string
		if err := json.Unmarshal(body, &change); err != nil {
			return nil, err
		}
		for name, value := range change {
			if err := s.SetPoint(name, value); err != nil {
				return nil, err
			}
		}
	}
	sw := s.Switches()
	out := []pointInForce{}
	for _, p := range Points() {
		value := sw.Points[p.Name]
		if value == "" {
			value = p.Values[0]
		}
		out = append(out, pointInForce{p, value})
	}
	return out, nil
}

func (s *Simulator) controlCallbacks(method string, body []byte) (any, error) {
	switch method {
	case http.MethodPut:
		var rules []DeliveryFault
		if err := json.Unmarshal(body, &rules); err != nil {
			return nil, err
		}
		if err := s.SetDeliveryFaults(rules...); err != nil {
			return nil, err
		}
	case http.MethodDelete:
		return []DeliveryFault{}, s.SetDeliveryFaults()
	case http.MethodPost:
		var act struct {
			Release   string `json:"release"`
			RotateKey bool   `json:"rotateKey"`
		}
		if err := json.Unmarshal(body, &act); err != nil {
			return nil, err
		}
		if act.Release != "" {
			s.ReleaseCallbacks(act.Release == "reversed")
		}
		if act.RotateKey {
			s.RotateKey()
		}
	}
	return map[string]int{"attempts": s.CallbackAttempts(), "held": s.HeldCallbacks()}, nil
}

func (s *Simulator) controlTouch(body []byte) (any, error) {
	var touch struct {
		Table string    `json:"table"`
		At    time.Time `json:"at"`
		IDs   []int     `json:"ids"`
		Count int       `json:"count"`
	}
	if err := json.Unmarshal(body, &touch); err != nil {
		return nil, err
	}
	return map[string]string{"touched": touch.Table}, s.Touch(touch.Table, touch.At, touch.Count, touch.IDs...)
}

// controlInvoices makes invoices and answers with them, or reads those of an agreement.
func (s *Simulator) controlInvoices(r *http.Request, read bool, body []byte) (any, error) {
	if read {
		agreement, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("agreement"), "0"))
		return s.Invoices(agreement), err
	}
	var act struct {
		Agreement int    `json:"agreement"`
		On        string `json:"on"`
		Due       string `json:"due"`
	}
	if err := json.Unmarshal(body, &act); err != nil {
		return nil, err
	}
	on, err := time.Parse(time.DateOnly, cmp.Or(act.On, act.Due, s.now().Format(time.DateOnly)))
	if err != nil {
		return nil, err
	}
	if act.Agreement == 0 {
		return s.InvoiceDue(on), nil
	}
	invoice, err := s.InvoiceAgreement(act.Agreement, on)
	return []Invoice{invoice}, err
}

func (s *Simulator) controlArrears(body []byte) (any, error) {
	var act struct {
		Agreement int  `json:"agreement"`
		Arrears   bool `json:"arrears"`
	}
	if err := json.Unmarshal(body, &act); err != nil {
		return nil, err
	}
	s.SetArrears(act.Agreement, act.Arrears)
	return act, nil
}
