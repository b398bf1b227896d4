package cwsim

import (
	"encoding/json"
	"net/http"
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
