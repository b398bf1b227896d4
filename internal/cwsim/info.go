package cwsim

import (
	"net/http"
	"strings"
)

// companyInfo answers how to reach a company's API. Nobody needs to authenticate for it.
func (s *Simulator) companyInfo(company string) response {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !strings.EqualFold(company, s.cfg.CompanyID) {
		if s.sw.UnknownCompany404 {
			return errorResponse(refuse(http.StatusNotFound, "NotFound", "Company not found"))
		}
		return jsonResponse(http.StatusOK, []byte("null"))
	}
	name := strings.TrimSuffix(s.codebase, "/")
	info := map[string]any{
		"CompanyName": "psabridge demo (simulated)", "Codebase": s.codebase, "VersionCode": strings.ReplaceAll(name, "_", "."),
		"VersionNumber": "v4.6.99999", "CompanyID": s.cfg.CompanyID, "IsCloud": s.codebase != router,
	}
	if s.sw.IsCloudAsText {
		info["IsCloud"] = map[bool]string{true: "True", false: "False"}[s.codebase != router]
	}
	if s.sw.SiteURL != "" {
		info["SiteUrl"] = s.sw.SiteURL
	}
	return jsonValue(http.StatusOK, info)
}

// systemInfo is one object, not a list.
func (c *call) systemInfo() (response, error) {
	c.sim.mu.RLock()
	defer c.sim.mu.RUnlock()
	return jsonValue(http.StatusOK, map[string]any{
		"version": "v2026.1.99999", "isCloud": c.sim.codebase != router, "serverTimeZone": c.sim.cfg.TimeZone,
		"licenseBits": []map[string]any{{"name": "Simulator", "activeFlag": true}}, "cloudRegion": "NA", "maxWorkFlowRecordsAllowed": 1000,
	}), nil
}
